#!/usr/bin/env bash
# The Debian package in a bare root: it installs with the packages that it asks for and no others, finds all its files
# without this tree, explains the machine, and runs a whole small competition up to its site.
# Usage: package_test.sh BUILD_FOLDER SOURCE_FOLDER. Status 77 with a word: what it needs is not there.
set -euo pipefail
build=$1 source=$2
skip() { echo "skipped: $*"; exit 77; }
[ "$(id -u)" = 0 ] || skip "needs root, to enter another root"
for program in mmdebstrap dpkg-deb dpkg-shlibdeps bwrap; do
  command -v "$program" >/dev/null || skip "needs $program"
done
# shellcheck source=/dev/null
. /etc/os-release
[ "${ID:-}" = debian ] || skip "needs a Debian system, whose packages the program was built against"

work=$(mktemp -d)
trap 'unmount_images; rm -rf "$work"' EXIT
in_store() { buildah --storage-driver vfs --root "$work/store" --runroot "$work/run" "$@"; }
unmount_images() { [ ! -e "$work/store" ] || in_store umount --all >/dev/null; }
if grep -qF "$source" "$build/bin/joulebench"; then
  echo "the program holds the path of the tree that it was built in:"
  strings "$build/bin/joulebench" | grep -F "$source"
  exit 1
fi
cpack --config "$build/CPackConfig.cmake" -B "$work/pack" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
package=$(echo "$work"/pack/*.deb)
echo "$(basename "$package"): $(($(stat -c %s "$package") / 1024)) KiB"
depends=$(dpkg-deb -f "$package" Depends)
echo "depends: $depends"
for needed in bubblewrap libc6 libcurl4 libseccomp2; do
  [[ $depends == *$needed* ]] || { echo "the package does not ask for $needed"; exit 1; }
done

# The root holds what the package depends on and recommends, and what Debian calls essential; it is made once.
wanted=$(sed 's/([^)]*)//g; s/|[^,]*//g; s/ //g' <<<"$depends,$(dpkg-deb -f "$package" Recommends)")
root_file=$build/bare-root-$(sha256sum <<<"$VERSION_CODENAME $wanted" | cut -c1-12).tar
if [ ! -e "$root_file" ]; then
  mmdebstrap --variant=essential --include="$wanted" "$VERSION_CODENAME" "$root_file.part.tar" >"$work/log" 2>&1 ||
    { tail -n 3 "$work/log"; rm -f "$root_file.part.tar"; skip "a bare root cannot be made: no network?"; }
  mv "$root_file.part.tar" "$root_file"
fi
root=$work/root
mkdir "$root"
tar -C "$root" --exclude='./dev/*' -xf "$root_file"
cp "$package" "$root/joulebench.deb"
chroot "$root" dpkg -i /joulebench.deb >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }

cat >"$root/competition.json" <<'END'
{"format": "joulebench-competition/2", "id": "small",
 "tracks": [{"id": "digits", "dataset": "digits", "protocol": {"blocks": 2, "min_block_s": 0.05, "idle_s": 0, "tail_s": 0.1},
             "baselines": ["submissions/reference/logistic-regression"]}]}
END
cat >"$root/steps" <<'END'
set -eu
joulebench --version
joulebench doctor >/tmp/doctor || [ $? = 1 ]  # 1: no ranked run here
echo "doctor: $(grep -c . /tmp/doctor) lines"
joulebench dataset verify digits
joulebench submission init /tmp/mine >/dev/null
joulebench submission pack /tmp/mine --output /tmp/mine.tar.gz
joulebench evaluate /competition.json /tmp/mine.tar.gz --db /tmp/board.db --meters model --quiet
joulebench board site /tmp/site --db /tmp/board.db
test -s /tmp/site/index.html
test -s /usr/share/man/man1/joulebench.1.gz || test -s /usr/share/man/man1/joulebench.1
bash -c 'source /usr/share/bash-completion/completions/joulebench; complete -p joulebench'
END
status=0
bwrap --bind "$root" / --dev /dev --bind /proc /proc --tmpfs /tmp --tmpfs /dev/shm --bind /sys /sys --cap-add ALL \
  --die-with-parent --clearenv --setenv PATH /usr/bin:/bin --setenv HOME /tmp \
  /bin/sh /steps >"$work/out" 2>&1 || status=$?
cat "$work/out"
[ $status = 0 ] || { echo "a step ended with status $status"; exit 1; }
for text in 'logistic-regression' 'mine' 'MODELLED'; do
  grep -q "$text" "$work/out" || { echo "the board does not show $text"; exit 1; }
done

# The container file, on the same root in place of a base image from a registry, and with this package in place of its first stage.
if ! command -v buildah >/dev/null; then
  echo "the container file was not tried: needs buildah"
  exit 0
fi
export BUILDAH_ISOLATION=chroot
not_tried() { echo "the container file was not tried: $1: $(tail -n 1 "$work/log")"; exit 0; }
container=$(in_store from scratch 2>"$work/log") || not_tried "buildah cannot work here"
in_store add "$container" "$root_file" / >/dev/null
in_store commit --rm "$container" base >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
# Where containers are forbidden (a machine that is one itself), no fault of the file can be seen.
in_store run "$(in_store from localhost/base)" -- true >"$work/log" 2>&1 || not_tried "buildah starts no container here"
mkdir -p "$work/stage/package" && cp "$package" "$work/stage/package/"
in_store build --build-arg BASE=localhost/base --build-context package="$work/stage" -t joulebench \
  -f "$source/environments/container/Containerfile" "$work/stage" >"$work/log" 2>&1 || { tail -n 20 "$work/log"; exit 1; }
# Run as --privileged would: buildah itself knows only runs with a filter of system calls.
image=$(in_store mount "$(in_store from localhost/joulebench)")
cp "$root/competition.json" "$image/work/"
for command in 'submission init mine' 'submission check mine' 'run mine --meters model --quiet'; do
  # shellcheck disable=SC2086
  bwrap --bind "$image" / --dev /dev --bind /proc /proc --tmpfs /dev/shm --bind /sys /sys --cap-add ALL --die-with-parent \
    --clearenv --setenv PATH /usr/bin:/bin --setenv HOME /root --setenv JOULEBENCH_LABEL_SEARCH off --chdir /work \
    joulebench $command >"$work/out" 2>&1 || { cat "$work/out"; echo "joulebench $command failed in the container"; exit 1; }
done
grep -q modelled "$work/out" || { cat "$work/out"; echo "the container's run shows no energy"; exit 1; }
echo "a container made by the container file checks and runs an entry"
