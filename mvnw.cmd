@echo off
rem Runs an installed Maven on a JDK 25. Set JAVA_HOME to a JDK 25; the build also looks for one by itself.
setlocal
set "ROOT=%~dp0"
where mvn >nul 2>nul
if errorlevel 1 (
    echo mvnw: expected an installed mvn on the PATH, found none; install Maven 3.8 or newer. 1>&2
    exit /b 1
)
pushd "%ROOT%"
call mvn %*
set "CODE=%ERRORLEVEL%"
popd
exit /b %CODE%
