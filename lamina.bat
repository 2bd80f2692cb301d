@echo off
rem The lamina command from a source tree: builds on first use, then runs. Delete cli\target to build again.
setlocal
set "ROOT=%~dp0"
set "JAVA=java"
if defined JAVA_HOME set "JAVA=%JAVA_HOME%\bin\java"
if not exist "%ROOT%cli\target\lamina\lib\lamina-cli-*.jar" (
    echo building Lamina ^(first use^)... 1>&2
    call "%ROOT%mvnw.cmd" -B -q -Dfast -Dmaven.test.skip=true -pl cli -am package 1>&2
    if errorlevel 1 exit /b 1
)
for %%J in ("%ROOT%cli\target\lamina\lib\lamina-cli-*.jar") do set "JAR=%%J"
"%JAVA%" -XX:+UseSerialGC %LAMINA_JAVA_OPTS% -jar "%JAR%" %*
exit /b %ERRORLEVEL%
