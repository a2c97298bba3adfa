@echo off
rem Builds the command when a source is newer than it, then runs it.
setlocal
set "XPYD_ROOT=%~dp0"
set "XPYD_ROOT=%XPYD_ROOT:~0,-1%"
set "PROGRAM=%XPYD_ROOT%\src\Cluster.Cli\bin\Release\net10.0\xpyd.dll"
set "STAMP=%XPYD_ROOT%\artifacts\xpyd.stamp"
where dotnet >nul 2>nul || (echo xpyd needs the .NET SDK 10: https://dot.net. 'dotnet' was not found on PATH. 1>&2 & exit /b 69)
if not exist "%PROGRAM%" goto build
if not exist "%STAMP%" goto build
powershell -NoProfile -Command "$t=(Get-Item '%STAMP%').LastWriteTimeUtc; $p='%XPYD_ROOT%'; $n=Get-ChildItem \"$p\src\",\"$p\catalog\",\"$p\build\" -Recurse -File | Where-Object { $_.LastWriteTimeUtc -gt $t -and $_.FullName -notmatch '\\(bin|obj|node_modules)\\' } | Select-Object -First 1; if ($n) { exit 1 }"
if not errorlevel 1 goto run
:build
echo Building xpyd ... 1>&2
if not exist "%XPYD_ROOT%\artifacts" mkdir "%XPYD_ROOT%\artifacts"
dotnet msbuild "%XPYD_ROOT%\build\Features.targets" -nologo -v:m 1>&2
dotnet build "%XPYD_ROOT%\src\Cluster.Cli" -c Release -v quiet -nologo 1>&2 || (echo xpyd could not be built; the errors are above. 1>&2 & exit /b 70)
echo built> "%STAMP%"
:run
set "DOTNET_TieredPGO=0"
for %%c in (run up load bench) do if "%~1"=="%%c" set "DOTNET_gcServer=1"
for %%c in (simulate sweep lessons) do if "%~1"=="%%c" set "DOTNET_gcConcurrent=0"
if "%~1 %~2"=="bench sim" set "DOTNET_gcServer=0" & set "DOTNET_gcConcurrent=0"
dotnet "%PROGRAM%" %*
exit /b %ERRORLEVEL%
