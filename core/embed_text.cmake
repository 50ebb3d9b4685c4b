# embed_text(TARGET NAMESPACE FILE...): compiles text files into TARGET. Each becomes
#   extern const std::string_view joulebench::NAMESPACE::kFileName;
# declared in the generated header "embedded/NAMESPACE.h" (schema.json -> kSchemaJson).
# So the program validates with, and renders from, the very files that lie in the tree.
# The target embedded_texts makes all of these headers, for tools that read sources without building.
add_custom_target(embedded_texts)
function(embed_text target namespace)
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/embedded_text)
  set(header ${folder}/embedded/${namespace}.h)
  set(source ${folder}/embedded/${namespace}.cpp)
  set(files "")
  foreach(file IN LISTS ARGN)
    list(APPEND files ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  endforeach()
  add_custom_command(
    OUTPUT ${header} ${source}
    COMMAND ${CMAKE_COMMAND} "-Dheader=${header}" "-Dsource=${source}" "-Dname_space=${namespace}"
            "-Dfiles=${files}" -P ${PROJECT_SOURCE_DIR}/core/embed_text_run.cmake
    DEPENDS ${files} ${PROJECT_SOURCE_DIR}/core/embed_text_run.cmake
    VERBATIM)
  add_custom_target(${namespace}_text DEPENDS ${header})
  add_dependencies(embedded_texts ${namespace}_text)
  target_sources(${target} PRIVATE ${source} ${header})
  target_include_directories(${target} PRIVATE ${folder})
endfunction()
