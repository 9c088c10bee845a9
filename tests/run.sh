#!/bin/sh
# Builds everything, checks the formatting, runs every test, and ends with one line: N passed, N failed, N skipped.
#   tests/run.sh --quick [arguments of the test runner, such as -class "*Planning*"]
#   tests/run.sh [--postgres LIST] [arguments of dotnet test]
# --quick builds without analyzers, and runs the tests of the libraries that start no server, no browser and no other process, and do not take long.
# LIST is what is run, separated by commas: versions of PostgreSQL (18 or 13,18), on each of which the tests that use PostgreSQL are run, with programs that
# install-postgres.sh fetches; all, for every supported version; distribution, for every test on the servers that are installed, as without the option.
set -u
cd "$(dirname "$0")/.." || exit 1

# The results are read by this script: no translated words, no telemetry, no server left behind.
export DOTNET_CLI_UI_LANGUAGE=en DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0

configuration=Release
runs=
suites=distribution
supported="13 14 15 16 17 18"
many_runs="ChunkAccount ChunkInterruption ChunkKey ChunkName ChunkOption ChunkRule ChunkTakeover CrashTests FaultConformance ForeseenTests GraphConformance KillConformance LockedGap LostServer PropertyTests ResetStress RowArrival"
results=$(mktemp -d) || exit 1
trap 'rm -rf "$results"' EXIT
trap 'stop; exit 130' INT
trap 'stop; exit 143' TERM

# The tests run in the background, where Ctrl+C does not reach them: each project's processes are a group, where the system has the word for that.
group=$(command -v setsid)
stop() {
    for run in $runs; do
        kill -- "-${run%%:*}" 2>/dev/null || kill "${run%%:*}" 2>/dev/null
    done
}

fail() {
    echo "$1" >&2
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
}

if [ "${1:-}" = --quick ]; then
    shift
    dotnet build tests/FloworxPurge.Tests/FloworxPurge.Tests.csproj -c "$configuration" -p:RunAnalyzers=false -p:UseSharedCompilation=true -v q || fail "The build failed."
    FLOWORXPURGE_TEST_QUICK=1 "tests/FloworxPurge.Tests/bin/$configuration/net10.0/FloworxPurge.Tests" -noColor "$@" >"$results/quick.log"
    code=$?
    # Skips and their reasons are no news here.
    awk '/^    [^ ]/ { skip = /\[SKIP\]/ } !/^ / { skip = 0 } !skip' "$results/quick.log"
    # Total: 10, Errors: 0, Failed: 1, Skipped: 2, ...
    set -- $(sed -n 's/.* Total: \([0-9]*\), Errors: [0-9]*, Failed: \([0-9]*\), Skipped: \([0-9]*\),.*/\1 \2 \3/p' "$results/quick.log" | tail -n 1)
    [ $# -eq 3 ] || fail "No test ran."
    echo "$(($1 - $2 - $3)) passed, $2 failed, $3 skipped"
    exit "$code"
fi

if [ "${1:-}" = --postgres ]; then
    [ -n "${2:-}" ] || fail "--postgres takes versions: --postgres 18, --postgres 13,18 or --postgres all."
    suites=
    for suite in $(echo "$2" | tr ',' ' '); do
        [ "$suite" != all ] || suite=$supported
        suites="${suites:+$suites }$suite"
    done
    shift 2
fi

has_postgres() {
    [ -n "${FLOWORXPURGE_TEST_POSTGRES:-}" ] && return 0
    command -v initdb >/dev/null 2>&1 && command -v postgres >/dev/null 2>&1 && return 0
    for program in /usr/lib/postgresql/*/bin/postgres; do
        [ -x "$program" ] && return 0
    done
    return 1
}

has_mariadb() {
    [ -n "${FLOWORXPURGE_TEST_MARIADB:-}" ] && return 0
    # Its programs for administrators may not be on PATH.
    PATH=$PATH:/usr/sbin:/sbin
    command -v mariadbd >/dev/null 2>&1 && command -v mariadb-install-db >/dev/null 2>&1
}

has_redis() {
    command -v redis-server >/dev/null 2>&1 || command -v valkey-server >/dev/null 2>&1
}

has_pgbouncer() {
    PATH=$PATH:/usr/sbin:/sbin
    command -v pgbouncer >/dev/null 2>&1
}

has_chromium() {
    command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1
}

# The distribution's packages for the servers and programs that tests need and this machine does not have.
install_missing() {
    packages=
    has_postgres || packages="$packages postgresql"
    has_mariadb || packages="$packages mariadb-server"
    has_redis || packages="$packages redis-server"
    has_pgbouncer || packages="$packages pgbouncer"
    has_chromium || packages="$packages chromium"
    # The shells run the scripts that a purge writes; psql and mariadb come with the servers.
    command -v sqlite3 >/dev/null 2>&1 || packages="$packages sqlite3"
    # What fetches other versions of a server.
    [ "$suites" = distribution ] || command -v npm >/dev/null 2>&1 || packages="$packages npm"
    [ -n "$packages" ] || return 0
    command -v apt-get >/dev/null 2>&1 || return 0
    if [ "$(id -u)" -eq 0 ]; then
        as_root=
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        as_root=sudo
    else
        return 0
    fi

    # One after the other: a package that this distribution does not have takes no other along.
    echo "Not found, installing the distribution's:$packages."
    $as_root apt-get update -q >"$results/apt.log" 2>&1 || tail -n 20 "$results/apt.log" >&2
    for package in $packages; do
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$package" >"$results/apt.log" 2>&1 || tail -n 20 "$results/apt.log" >&2
    done
}

# One attribute of the Counters element of a result file.
counter() {
    sed -n "s/.*<Counters[^>]* $1=\"\([0-9]*\)\".*/\1/p" "$2" | head -n 1
}

command -v dotnet >/dev/null 2>&1 || fail "The .NET SDK is not installed."
install_missing

# Warnings are errors by the build settings, code style included. One compiler serves all projects, and ends with the build.
dotnet build FloworxPurge.sln -c "$configuration" -p:UseSharedCompilation=true
built=$?
dotnet build-server shutdown --vbcscompiler >/dev/null 2>&1
[ "$built" -eq 0 ] || fail "The build failed."

# White space only, since the build has checked the style already; by folder, since that loads no projects.
dotnet format whitespace . --folder --verify-no-changes || fail "The formatting is off: run dotnet format whitespace . --folder."

passed=0 failed=0 skipped=0 broken=0 number=0

# Starts the tests of a project in the background. The environment of the call is theirs.
start() {
    number=$((number + 1))
    project=$1
    shift
    $group dotnet test "$project" -c "$configuration" --no-build --results-directory "$results" --logger "trx;LogFileName=$number.trx" "$@" &
    runs="$runs $!:$number:$project"
}

# The names and messages of a project's failed tests, kept for the end of the output: thousands of lines may follow those that the test runner prints.
keep_failures() {
    awk -v project="$project" '
        /<UnitTestResult / { name = $0; sub(/.* testName="/, "", name); sub(/" .*/, "", name); failed = /outcome="Failed"/ }
        failed && /<Message>/ { message = $0; sub(/.*<Message>/, "", message); sub(/<\/Message>.*/, "", message); print project ": " name ": " message; failed = 0 }
    ' "$trx" | sed 's/&lt;/</g; s/&gt;/>/g; s/&quot;/"/g; s/&apos;/'"'"'/g; s/&#xD;//g; s/&#xA;/ /g; s/&amp;/\&/g' >>"$results/failures.txt"
}

# Waits for what was started, adds its results to the sums, and calls a function with each project and its results.
finish() {
    for run in $runs; do
        wait "${run%%:*}"
        code=$?
        run=${run#*:} project=${run#*:}
        trx=$results/${run%%:*}.trx
        if [ ! -f "$trx" ]; then
            # A filter may leave nothing to run in one of the projects.
            [ "$code" -eq 0 ] || { echo "$project ended without results." >&2; failed=$((failed + 1)) broken=1; }
            continue
        fi

        project_total=$(counter total "$trx") project_passed=$(counter passed "$trx") project_failed=$(counter failed "$trx")
        [ "$code" -eq 0 ] || [ "${project_failed:-0}" -gt 0 ] || { echo "$project ended with code $code." >&2; project_failed=1 project_total=$((${project_total:-0} + 1)); }
        # What is neither is skipped: the attribute notExecuted stays 0 for skipped tests.
        project_skipped=$((${project_total:-0} - ${project_passed:-0} - ${project_failed:-0}))
        passed=$((passed + ${project_passed:-0}))
        failed=$((failed + ${project_failed:-0}))
        skipped=$((skipped + project_skipped))
        keep_failures
        "$@"
    done
    runs=
}

# No server may be missing where everything is meant to be run.
check_servers() {
    if [ "${CI:-}" = true ] && grep -q -E 'No (PostgreSQL server|MariaDB server|Redis server|Chromium|SQL Server):' "$trx"; then
        echo "$project skipped tests that need a PostgreSQL, MariaDB or Redis server, Chromium or a SQL Server." >&2
        broken=1
    fi
}

# All projects at once: the tests of one wait for servers and processes while those of another compute.
run_everything() {
    sqlserver=tests/FloworxPurge.SqlServer.Tests/FloworxPurge.SqlServer.Tests.csproj
    for project in $(find tests samples -name '*.csproj' | xargs grep -l 'Include="Microsoft.NET.Test.Sdk"' | sort); do
        if [ "$project" != "$sqlserver" ] || [ -n "${FLOWORXPURGE_TEST_SQLSERVER:-}" ]; then
            start "$project" "$@"
            continue
        fi

        # What needs no server is that no group of the suite is missing; dotnet test takes one filter only. The driver needs ICU; these tests do not.
        echo "SQL Server: not run here (FLOWORXPURGE_TEST_SQLSERVER is not set)."
        [ $# -gt 0 ] || DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 start "$project" --filter FullyQualifiedName~SqlServerComplianceTests
    done
    finish check_servers
}

# A test that is skipped on a version that has what it needs would be missed by nobody.
check_version() {
    echo "PostgreSQL $version: ${project_passed:-0} passed, ${project_failed:-0} failed, $project_skipped skipped."
    if grep -q 'No PostgreSQL server:' "$trx"; then
        echo "Tests on PostgreSQL $version were skipped for want of a server." >&2
        broken=1
    fi
    for needed in $(sed -n 's/.* needs PostgreSQL \([0-9]*\)\..*/\1/p' "$trx" | sort -u); do
        [ "$needed" -gt "${version%%.*}" ] || { echo "A test that needs PostgreSQL $needed was skipped on PostgreSQL $version." >&2; broken=1; }
    done
}

# The tests that use PostgreSQL, on one version: all but those of other engines, those to which the server makes no difference, and those that stop, break or
# repeat runs many times, which take longest and are about what the library does then.
run_version() {
    version=$1
    shift
    "$PWD/tests/install-postgres.sh" "$version" "$results/postgres-$version" || { echo "PostgreSQL $version cannot be fetched." >&2; failed=$((failed + 1)); return; }
    part=
    for other in MariaDb Sqlite SqlServer .Ansi .Api. .Extensibility. .Fleets. .Hosting. .KitTests. .Packages. .Planning. .Redis. .Reporting. $many_runs; do
        part="$part${part:+&}FullyQualifiedName!~$other"
    done
    [ $# -gt 0 ] || set -- --filter "$part"
    FLOWORXPURGE_TEST_POSTGRES='' FLOWORXPURGE_TEST_POSTGRES_BINARIES="$results/postgres-$version/bin" FLOWORXPURGE_TEST_POSTGRES_VERSION=${version%%.*} \
        start tests/FloworxPurge.Tests/FloworxPurge.Tests.csproj "$@"
    finish check_version
    rm -rf "$results/postgres-$version"
}

# The server's own user has to read its programs.
chmod 755 "$results"
for suite in $suites; do
    case $suite in
        distribution) run_everything "$@" ;;
        *) run_version "$suite" "$@" ;;
    esac
done

[ $((passed + failed)) -gt 0 ] || { echo "No test ran." >&2; broken=1; }
[ "$failed" -eq 0 ] || broken=1
[ ! -s "$results/failures.txt" ] || { echo "Failed:"; cat "$results/failures.txt"; }
echo "$passed passed, $failed failed, $skipped skipped"
exit "$broken"
