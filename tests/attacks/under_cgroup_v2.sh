#!/bin/sh
# under_cgroup_v2.sh VMLAB_RUN PROGRAM SANDBOX_TEST root|nobody
# The limits' part of the sandbox's tests and of the attacks under a kernel with cgroup v2: as root, and as a user
# to whom a group was delegated. Status 77: there is no such laboratory here.
lab=$1 program=$2 sandbox_test=$3 user=$4
[ -x "$lab" ] || { echo "skipped: $lab, the virtual machine with cgroup v2, is not there"; exit 77; }
# Emulated, an attack takes seconds: only those whose end the kernel decides.
attacks=heap_hog,memfd_hog,fork_then_crash,busy_loop,frozen_child
tests='ControlGroup.*:Sandbox.Memory*:Sandbox.Forks*:Sandbox.Cpu*:Sandbox.EverythingInside*:Sandbox.NothingIsLeft*'
set --
[ "$user" = root ] || set -- --user "$user" --delegate
here=$(dirname "$0")
exec "$lab" --timeout 500 "$@" -- sh -c "
  $sandbox_test --gtest_brief=1 --gtest_filter='$tests' &&
  /usr/bin/python3 $here/corpus.py --program $program --quick --jobs 3 --only $attacks \
    --enforcement memory=cgroup-v2 processes=cgroup-v2 cpus=cgroup-v2"
