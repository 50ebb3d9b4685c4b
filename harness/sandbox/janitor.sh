#!/bin/sh
# Removes what a harness leaves that was killed: its control groups and temporary folders.
# Arguments: how the paths of its control groups begin. Environment: mark (the harness's process and
# start time), temporary and memory (where its folders stand).
# It starts beside the harness, with a pipe from it as standard input: the kernel closes the other
# end however the harness ends. Says nothing: nobody may be there to read it.
exec 2>/dev/null
cat >/dev/null

remove_groups() {
  for prefix in "$@"; do
    for group in "$prefix"*; do
      [ -d "$group" ] || continue
      [ -e "$group/freezer.state" ] && echo THAWED >"$group/freezer.state"
      while read -r pid; do kill -9 "$pid"; done <"$group/cgroup.procs"
      rmdir "$group" || left=1
    done
  done
}

# What was killed needs a moment to end.
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  left=
  remove_groups "$@"
  [ "$left" ] || break
  sleep 0.1
done
for folder in "${temporary:?}" "${memory:?}"; do
  cd "$folder" && rm -rf -- ./joulebench-*-"${mark:?}"-*
done
