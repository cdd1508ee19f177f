# What ./figment and ./test have in common: the SDK, Debian packages, the published programs. Sourced; needs $root.
# Everything said here goes to stderr: stdout belongs to the command.

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
export FIGMENT_BIN_DIR=${FIGMENT_BIN_DIR:-$root/artifacts/figment}

say() { printf 'figment: %s\n' "$*" >&2; }

prepare_sdk() {
  if ! command -v dotnet >/dev/null || ! dotnet --list-sdks | grep -q '^10\.'; then
    say 'the .NET 10 SDK is missing. Install the package dotnet-sdk-10.0 from your distribution or from Microsoft'"'"'s'
    say 'package feed (https://learn.microsoft.com/dotnet/core/install/linux), see that `dotnet --list-sdks` names a 10.x, and try again.'
    exit 1
  fi
}

# prepare_packages FILE: installs as root what is missing of a list, or says what to install.
prepare_packages() { "$root/eng/apt-install.sh" -f "$1" || exit 1; }

stamp=$root/artifacts/figment.stamp

are_programs_current() {
  [ -x "$FIGMENT_BIN_DIR/figment" ] && [ -f "$stamp" ] \
    && [ -z "$(find "$root/src" "$root/native" "$root/eng"/*.{props,targets,txt} "$root"/Directory.* "$root/global.json" -newer "$stamp" -type f -print -quit)" ]
}

# Publishes the programs into one folder, again only when a source is newer than the last time.
prepare_programs() {
  local project
  if are_programs_current; then
    return 0
  fi
  mkdir -p "$root/artifacts"
  exec 9>"$root/artifacts/build.lock"
  flock 9
  say 'building (once, a few minutes)'
  touch "$stamp.new"
  for project in Box Keeper Cli Daemon; do
    if ! dotnet publish "$root/src/Figment.$project" -c Release -o "$FIGMENT_BIN_DIR" -v quiet --nologo >"$root/artifacts/publish-$project.log" 2>&1; then
      cat "$root/artifacts/publish-$project.log" >&2
      say "building Figment.$project failed; its output is above"
      exit 1
    fi
  done
  prepare_criu
  mv "$stamp.new" "$stamp"
  flock -u 9
  exec 9>&-
}

# CRIU beside the programs; without it frozen machines stay in memory. Quick if it is there.
prepare_criu() { "$root/eng/install-criu.sh" "$FIGMENT_BIN_DIR/criu" || say 'there will be no checkpoints'; }
