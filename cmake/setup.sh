# What ./drill, ./check and .ci/run share: the packages, and a build folder that several may use. Sourced by bash with
# `root` set to the top of the tree. All that it says goes to standard error; standard output is for results.

say() { printf '%s\n' "$*" >&2; }

# Nothing was started: the exit code of bad arguments (README.md).
die() {
  say "$*"
  exit 254
}

is_installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
is_offered() { [ -n "$(apt-cache madison "$1" 2>/dev/null)" ]; }

# Boost >= 1.81 by the version in its package names: Debian 12 has 1.81, Debian 13 and Ubuntu 24.04 have 1.83.
boost_version() {
  local version
  for version in 1.83 1.81 1.88 1.90; do
    if is_installed "libboost-url$version-dev" && is_installed "libboost$version-dev"; then
      echo "$version"
      return
    fi
  done
  for version in 1.83 1.81 1.88 1.90; do
    if is_offered "libboost-url$version-dev"; then
      echo "$version"
      return
    fi
  done
}

packages_of_tool() {
  local boost
  boost=$(boost_version)
  echo "g++ cmake ninja-build ccache libboost${boost:-1.81}-dev libboost-url${boost:-1.81}-dev libfmt-dev" \
    "libspdlog-dev libyaml-cpp-dev nlohmann-json3-dev libcli11-dev libssl-dev libsqlite3-dev zlib1g-dev"
}

# java and libhdrhistogram-java: another implementation reads the histograms that ours wrote.
packages_of_tests() {
  echo "libgtest-dev libgmock-dev librapidcheck-dev libbenchmark-dev python3 curl git default-jdk-headless" \
    "libhdrhistogram-java"
}

# Those of the named packages that are not installed. One question for all: it is asked at every start.
missing_of() {
  local installed package
  installed=" $(dpkg-query -W -f='${binary:Package} ${db:Status-Status}\n' "$@" 2>/dev/null |
    sed -n 's/\(:[a-z0-9]*\)\{0,1\} installed$//p' | tr '\n' ' ') "
  for package in "$@"; do
    case "$installed" in
      *" $package "*) ;;
      *) printf '%s ' "$package" ;;
    esac
  done
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "Installing packages needs root, and there is no sudo. Run as root: apt-get install $missing"
  fi
}

# apt-get waits for the lock of dpkg by itself; the lock of the lists, and a mirror that stumbles, need another try.
apt_get() {
  local try
  for try in 1 2 3 4 5 6; do
    if as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=900 -o Acquire::Retries=3 \
      -o Dpkg::Use-Pty=0 "$@" </dev/null >&2; then
      return 0
    fi
    [ "$try" -eq 6 ] || { say "apt-get $1 did not succeed (try $try of 6); again in 10 s." && sleep 10; }
  done
  return 1
}

# An installation that was cut off leaves packages unpacked and not configured, and apt-get then refuses all else.
finish_interrupted_installation() {
  [ -n "$(dpkg --audit 2>/dev/null)" ] || [ -n "$(ls /var/lib/dpkg/updates 2>/dev/null)" ] || return 0
  say "An earlier installation was interrupted; finishing it: dpkg --configure -a"
  as_root env DEBIAN_FRONTEND=noninteractive dpkg --configure -a </dev/null >&2 || apt_get install --fix-broken
}

# ensure_packages <function that prints names>...: says what it installs before it does.
ensure_packages() {
  if ! command -v apt-get >/dev/null; then
    say "No apt-get here: taking what is installed (CMake names what is missing, with Debian's package names)."
    return 0
  fi
  local names missing
  names=$(for list in "$@"; do "$list"; done)
  # shellcheck disable=SC2086
  missing=$(missing_of $names)
  [ -n "$missing" ] || return 0
  finish_interrupted_installation
  say "Updating the lists of packages: apt-get update"
  apt_get update || say "The lists of packages could not be updated; going on with those that are here."
  names=$(for list in "$@"; do "$list"; done) # the lists may have brought another version of Boost
  # shellcheck disable=SC2086
  missing=$(missing_of $names)
  [ -n "$(boost_version)" ] || die "This system's packages have no Boost >= 1.81 (libboost-url1.81-dev or later)." \
    "Blackstart is built on Debian 12 and 13 and on Ubuntu 24.04."
  say "Installing with apt-get, without recommended packages: $missing"
  if is_installed libboost1.74-dev; then
    say "(Debian lets one version of Boost's headers be installed: this replaces libboost1.74-dev.)"
  fi
  # shellcheck disable=SC2086
  apt_get install --no-install-recommends $missing ||
    die "The packages could not be installed (above: why). Install them by hand and start again: $missing"
}

# As many compilers at once as there are processors, and 1.3 GB of memory for each.
jobs_at_once() {
  local processors memory_kb
  processors=$(nproc)
  memory_kb=$(awk '/^MemAvailable:/ {print $2}' /proc/meminfo)
  local by_memory=$((${memory_kb:-1300000} / 1300000))
  echo $((by_memory < 1 ? 1 : by_memory < processors ? by_memory : processors))
}

# lock_build <folder>: two builds in one folder would spoil each other. The lock ends with this process and its builds.
lock_build() {
  mkdir -p "$1"
  exec 9>"$1/.lock"
  flock -n 9 && return 0
  say "Another build in $1 is running; waiting for it."
  flock 9
}

# What the folder's configuration was made for; empty where there is none.
configured_as() { # <folder> <name of a cache entry>
  sed -n "s/^$2:INTERNAL=//p" "$1/CMakeCache.txt" 2>/dev/null || true
}

# Whether ninja may be asked at once: a folder that was copied with its tree would build the tree it came from.
is_configured() {
  [ -f "$1/build.ninja" ] && [ "$(configured_as "$1" CMAKE_HOME_DIRECTORY)" = "$root" ] &&
    [ "$(configured_as "$1" CMAKE_GENERATOR)" = Ninja ]
}

# configure <folder> <cmake options>...: what was configured for another tree, or only half, is made anew.
configure() {
  local folder=$1
  shift
  if [ -e "$folder/CMakeCache.txt" ] && ! is_configured "$folder"; then
    say "$folder was left half configured, or belongs to another tree; configuring it anew."
    rm -rf "$folder/CMakeCache.txt" "$folder/CMakeFiles" "$folder/build.ninja"
  fi
  cmake -S "$root" -B "$folder" -G Ninja "$@" >&2
}

build() {
  local folder=$1
  shift
  ninja -C "$folder" -j "$(jobs_at_once)" "$@" >&2
}
