# Sourced by mvnw and lamina: sets JAVA_HOME to a JDK of at least this release, or says what to install.
LAMINA_JDK=25

# The major release of the JDK in folder $1; empty when there is no JDK. Reads its `release` file, else asks it.
lamina_jdk_release() {
    [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] || return 0
    lamina_release=
    [ -r "$1/release" ] && lamina_release=$(sed -n 's/^JAVA_VERSION="\{0,1\}\([0-9]*\).*/\1/p' "$1/release")
    [ -n "$lamina_release" ] ||
        lamina_release=$("$1/bin/java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')
    printf '%s' "$lamina_release"
}

lamina_jdk_fits() {
    lamina_release=$(lamina_jdk_release "$1")
    [ "${lamina_release:-0}" -ge "$LAMINA_JDK" ]
}

# The home of the `javac` on the PATH, with links resolved; the macOS stub in /usr/bin answers nothing useful.
lamina_jdk_on_path() {
    lamina_javac=$(command -v javac) || return 0
    while [ -L "$lamina_javac" ]; do
        lamina_link=$(readlink "$lamina_javac")
        case $lamina_link in
            /*) lamina_javac=$lamina_link ;;
            *) lamina_javac=$(dirname "$lamina_javac")/$lamina_link ;;
        esac
    done
    (cd "$(dirname "$lamina_javac")/.." && pwd -P)
}

# True when a JDK was found; JAVA_HOME then names it.
lamina_find_jdk() {
    if [ -n "${JAVA_HOME:-}" ] && lamina_jdk_fits "$JAVA_HOME"; then
        return 0
    fi
    for lamina_home in "$(lamina_jdk_on_path)" \
        /usr/lib/jvm/* /usr/lib64/jvm/* /usr/java/* /usr/local/openjdk-* /usr/local/lib/jvm/* /opt/* /opt/java/* \
        "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/* "$HOME"/.asdf/installs/java/* \
        "$HOME"/.local/share/mise/installs/java/* "$HOME"/.jenv/versions/* \
        /Library/Java/JavaVirtualMachines/*/Contents/Home "$HOME"/Library/Java/JavaVirtualMachines/*/Contents/Home \
        /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
        /usr/local/opt/openjdk*/libexec/openjdk.jdk/Contents/Home; do
        if [ -n "$lamina_home" ] && lamina_jdk_fits "$lamina_home"; then
            JAVA_HOME=$lamina_home
            export JAVA_HOME
            return 0
        fi
    done
    echo "Lamina needs a JDK $LAMINA_JDK or newer and found none: install one (Eclipse Temurin $LAMINA_JDK, for example) or set JAVA_HOME to it." >&2
    return 1
}
