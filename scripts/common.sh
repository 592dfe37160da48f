# What the scripts share: where the tree is, and how missing tools get there.
# Sourced, not run.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

say() { printf '\n== %s\n' "$*"; }

# need_packages COMMAND=PACKAGE...: installs the Debian packages whose commands, or files, are missing.
need_packages() {
    local missing=() pair
    for pair in "$@"; do
        [ -e "${pair%%=*}" ] || PATH=$PATH:/usr/sbin command -v "${pair%%=*}" > /dev/null || missing+=("${pair#*=}")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    install_packages "${missing[@]}"
}

install_packages() {
    local as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo)
    say "Installing $*"
    # A PACS that is installed for a test must not start as a service.
    local policy=/usr/sbin/policy-rc.d
    local ours=no
    if [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee $policy > /dev/null
        "${as_root[@]}" chmod +x $policy
        ours=yes
    fi
    "${as_root[@]}" apt-get update -q
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
    [ $ours = no ] || "${as_root[@]}" rm -f $policy
}

# python_environment FOLDER REQUIREMENTS: a virtual environment with exactly those packages.
python_environment() {
    local folder=$1 requirements=$2
    if ! cmp -s "$requirements" "$folder/installed.txt"; then
        /usr/bin/python3 -c 'import ensurepip, venv' 2> /dev/null || install_packages python3-venv
        /usr/bin/python3 -m venv --clear "$folder"
        "$folder/bin/python" -m pip install -q --disable-pip-version-check -r "$requirements"
        cp "$requirements" "$folder/installed.txt"
    fi
}
