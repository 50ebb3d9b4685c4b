# What `cmake --install` and `cpack` put under a prefix: the program in bin/, and in share/joulebench/ all that it finds
# beside itself at run time (core/shipped_files.h), named as in this tree. Data that was fetched and what build steps of
# the reference entries made stay behind.
include(GNUInstallDirs)
set(shipped ${CMAKE_INSTALL_DATADIR}/joulebench)
install(TARGETS joulebench)
install(DIRECTORY competitions DESTINATION ${shipped})
install(FILES core/schema/competition.schema.json DESTINATION ${shipped}/core/schema)
install(FILES datasets/schema/dataset.schema.json DESTINATION ${shipped}/datasets/schema)
foreach(manifest IN ITEMS cifar-10 cifar-10-partial digits fashion-mnist iris mnist mushroom wine-quality)
  install(FILES datasets/${manifest}/dataset.json datasets/${manifest}/README.md DESTINATION ${shipped}/datasets/${manifest})
endforeach()
# The small free ones come whole.
install(FILES datasets/digits/digits.csv.gz datasets/digits/digits.test_rows_80-20.txt DESTINATION ${shipped}/datasets/digits)
install(FILES datasets/iris/iris.csv datasets/iris/iris.test_rows_80-20.txt DESTINATION ${shipped}/datasets/iris)
install(FILES datasets/mushroom/agaricus-lepiota.data datasets/mushroom/agaricus-lepiota.test_rows_80-20.txt
  DESTINATION ${shipped}/datasets/mushroom)
install(FILES datasets/wine-quality/winequality-white.csv datasets/wine-quality/winequality-white.test_rows_grouped_80-20.txt
  DESTINATION ${shipped}/datasets/wine-quality)
foreach(environment IN ITEMS native python torch)
  install(FILES environments/${environment}/environment.json DESTINATION ${shipped}/environments/${environment})
endforeach()
install(DIRECTORY submissions/kits submissions/reference submissions/schema submissions/template
  DESTINATION ${shipped}/submissions
  USE_SOURCE_PERMISSIONS
  PATTERN .gitignore EXCLUDE
  PATTERN __pycache__ EXCLUDE
  REGEX "submissions/reference/[^/]*/(predict|train|samples\\.bin|forest\\.joblib)$" EXCLUDE)
install(FILES submissions/README.md DESTINATION ${shipped}/submissions)
install(FILES README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)

# A program in the build folder finds the same files in this tree.
foreach(folder IN ITEMS competitions datasets environments submissions)
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/share/joulebench)
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${folder} ${PROJECT_BINARY_DIR}/share/joulebench/${folder} SYMBOLIC)
endforeach()

# Manual page and completion come from the program's own options, so they cannot be out of date.
set(generated ${PROJECT_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${generated})
add_custom_command(
  OUTPUT ${generated}/joulebench.1 ${generated}/joulebench.bash ${generated}/_joulebench ${generated}/joulebench.fish
  COMMAND joulebench man >${generated}/joulebench.1
  COMMAND joulebench completion bash >${generated}/joulebench.bash
  COMMAND joulebench completion zsh >${generated}/_joulebench
  COMMAND joulebench completion fish >${generated}/joulebench.fish
  DEPENDS joulebench)
add_custom_target(generated_from_options ALL
  DEPENDS ${generated}/joulebench.1 ${generated}/joulebench.bash ${generated}/_joulebench ${generated}/joulebench.fish)
install(FILES ${generated}/joulebench.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${generated}/joulebench.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME joulebench)
install(FILES ${generated}/_joulebench DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES ${generated}/joulebench.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME joulebench)
set(CPACK_PACKAGE_CONTACT "joulebench <joulebench@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "competitions for power-efficient models: energy against accuracy")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "bubblewrap, libcurl4")  # started, and loaded when a dataset is fetched
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS python3-numpy)  # the Python kit and most reference entries
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "mmdebstrap, openssh-client, g++, make, python3-sklearn, python3-torch, libeigen3-dev")  # environment build, board sign, and the others
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)  # cpack packs what was built
include(CPack)
