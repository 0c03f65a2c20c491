; The installer of LANrage for Windows. Made by `cargo xtask dist --windows`, which says where everything is:
;   FROM     the folder of files as they are to lie in the program's folder
;   OUT      the installer
;   VERSION  four numbers
;   ICON     the program's icon
; /S installs without a question; so does uninstall.exe /S.
Target amd64-unicode
Unicode true
ManifestDPIAware true
!include MUI2.nsh
!include LogicLib.nsh
!include StrFunc.nsh
!include WinMessages.nsh
${Using:StrFunc} UnStrRep

!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\LANrage"
!define ENVIRONMENT "SYSTEM\CurrentControlSet\Control\Session Manager\Environment"
!define SERVICE "LANrageHelper"
; Who has the system and administrators can do everything with the service; who is logged on can look at it and start it.
!define SERVICE_RIGHTS "D:(A;;CCLCSWRPWPDTLOCRRC;;;SY)(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;BA)(A;;CCLCSWLOCRRCRP;;;IU)"
; A path that is longer may be one that was cut when it was read: it is left as it is.
!define LONGEST_PATH 900

Name "LANrage"
OutFile "${OUT}"
InstallDir "$PROGRAMFILES64\LANrage"
RequestExecutionLevel admin
!ifdef QUICK
SetCompressor zlib
!else
SetCompressor /SOLID lzma
!endif
VIProductVersion "${VERSION}"
VIAddVersionKey "ProductName" "LANrage"
VIAddVersionKey "FileDescription" "LANrage Setup"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "LegalCopyright" "LANrage contributors"

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!insertmacro MUI_PAGE_INSTFILES
; By the shell, which has no more rights than the user: the app is not to inherit the installer's.
!define MUI_FINISHPAGE_RUN "$WINDIR\explorer.exe"
!define MUI_FINISHPAGE_RUN_PARAMETERS "$\"$INSTDIR\lanrage-desktop.exe$\""
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "German"

LangString NO_SERVICE ${LANG_ENGLISH} "The helper service could not be set up. Without it, LANrage has to be started as administrator."
LangString NO_SERVICE ${LANG_GERMAN} "Der Hilfsdienst konnte nicht eingerichtet werden. Ohne ihn muss LANrage als Administrator gestartet werden."
LangString NO_RUNTIME ${LANG_ENGLISH} "LANrage needs the Microsoft Edge WebView2 Runtime to show its window. It could not be downloaded; please install it from Microsoft's website."
LangString NO_RUNTIME ${LANG_GERMAN} "LANrage braucht für sein Fenster die Microsoft Edge WebView2 Runtime. Sie konnte nicht heruntergeladen werden; bitte installiere sie von der Website von Microsoft."

; Puts a program in the place of one that may be running: that one goes on under another name until it ends.
!macro Replace FILE
  Delete "$INSTDIR\${FILE}.old"
  Rename "$INSTDIR\${FILE}" "$INSTDIR\${FILE}.old"
  File "${FROM}/${FILE}"
  Delete /REBOOTOK "$INSTDIR\${FILE}.old"
!macroend

!macro Allow PROGRAM
  nsExec::Exec 'netsh.exe advfirewall firewall add rule name="LANrage" dir=in action=allow program="$INSTDIR\${PROGRAM}" enable=yes profile=any'
  Pop $0
!macroend

Section
  SetRegView 64
  SetShellVarContext all
  SetOutPath "$INSTDIR"
  ; It ends by itself, and its file is free then.
  nsExec::Exec 'net.exe stop ${SERVICE}'
  Pop $0
  !insertmacro Replace "lanrage.exe"
  !insertmacro Replace "lanrage-helper.exe"
  !insertmacro Replace "wintun.dll"
  File "${FROM}/wintun-license.txt"
  File "${FROM}/license.txt"
  !insertmacro Replace "lanrage-desktop.exe"
  !insertmacro Replace "WebView2Loader.dll"
  WriteUninstaller "$INSTDIR\uninstall.exe"

  nsExec::Exec 'sc.exe create ${SERVICE} binPath= "\"$INSTDIR\lanrage-helper.exe\"" start= demand DisplayName= "LANrage Helper"'
  Pop $0
  ${If} $0 <> 0
    ; An update: it is there.
    nsExec::Exec 'sc.exe config ${SERVICE} binPath= "\"$INSTDIR\lanrage-helper.exe\"" start= demand'
    Pop $0
  ${EndIf}
  ${If} $0 <> 0
    DetailPrint "$(NO_SERVICE)"
    MessageBox MB_OK|MB_ICONEXCLAMATION "$(NO_SERVICE)" /SD IDOK
  ${EndIf}
  nsExec::Exec 'sc.exe sdset ${SERVICE} ${SERVICE_RIGHTS}'
  Pop $0
  nsExec::Exec 'sc.exe privs ${SERVICE} SeLoadDriverPrivilege/SeImpersonatePrivilege'
  Pop $0
  nsExec::Exec 'sc.exe sidtype ${SERVICE} unrestricted'
  Pop $0
  nsExec::Exec 'sc.exe description ${SERVICE} "Opens the network adapter of LANrage, so that LANrage itself needs no rights."'
  Pop $0

  nsExec::Exec 'netsh.exe advfirewall firewall delete rule name="LANrage"'
  Pop $0
  !insertmacro Allow "lanrage.exe"
  !insertmacro Allow "lanrage-desktop.exe"
  CreateShortCut "$SMPROGRAMS\LANrage.lnk" "$INSTDIR\lanrage-desktop.exe"
  WriteRegStr HKLM "Software\Classes\lanrage" "" "URL:LANrage invitation"
  WriteRegStr HKLM "Software\Classes\lanrage" "URL Protocol" ""
  WriteRegStr HKLM "Software\Classes\lanrage\DefaultIcon" "" "$INSTDIR\lanrage-desktop.exe,0"
  WriteRegStr HKLM "Software\Classes\lanrage\shell\open\command" "" '"$INSTDIR\lanrage-desktop.exe" "%1"'
  Call GetRuntime

  WriteRegStr HKLM "${UNINSTALL}" "DisplayName" "LANrage"
  WriteRegStr HKLM "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKLM "${UNINSTALL}" "Publisher" "LANrage"
  WriteRegStr HKLM "${UNINSTALL}" "DisplayIcon" "$INSTDIR\uninstall.exe"
  WriteRegStr HKLM "${UNINSTALL}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKLM "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKLM "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKLM "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKLM "${UNINSTALL}" "NoRepair" 1

  ; The terminal's program, in the path of every new terminal.
  ReadRegStr $0 HKLM "${ENVIRONMENT}" "Path"
  StrLen $1 $0
  ReadRegStr $2 HKLM "${UNINSTALL}" "InPath"
  ${If} $1 > 0
  ${AndIf} $1 < ${LONGEST_PATH}
  ${AndIf} $2 == ""
    WriteRegExpandStr HKLM "${ENVIRONMENT}" "Path" "$0;$INSTDIR"
    WriteRegStr HKLM "${UNINSTALL}" "InPath" "yes"
    SendMessage ${HWND_BROADCAST} ${WM_SETTINGCHANGE} 0 "STR:Environment" /TIMEOUT=2000
  ${EndIf}
SectionEnd

; What shows the window, if the system has it not.
Function GetRuntime
  !define RUNTIME "Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}"
  ReadRegStr $0 HKLM "SOFTWARE\WOW6432Node\${RUNTIME}" "pv"
  ${If} $0 == ""
    ReadRegStr $0 HKCU "Software\${RUNTIME}" "pv"
  ${EndIf}
  ${If} $0 != ""
  ${AndIf} $0 != "0.0.0.0"
    Return
  ${EndIf}
  InitPluginsDir
  nsExec::Exec '"$SYSDIR\curl.exe" --fail --silent --location --output "$PLUGINSDIR\webview2.exe" "https://go.microsoft.com/fwlink/p/?LinkId=2124703"'
  Pop $0
  ${If} $0 == 0
    nsExec::Exec '"$PLUGINSDIR\webview2.exe" /silent /install'
    Pop $0
  ${EndIf}
  ${If} $0 != 0
    DetailPrint "$(NO_RUNTIME)"
    MessageBox MB_OK|MB_ICONEXCLAMATION "$(NO_RUNTIME)" /SD IDOK
  ${EndIf}
FunctionEnd

Section Uninstall
  SetRegView 64
  SetShellVarContext all
  nsExec::Exec 'net.exe stop ${SERVICE}'
  Pop $0
  nsExec::Exec 'sc.exe delete ${SERVICE}'
  Pop $0
  nsExec::Exec 'netsh.exe advfirewall firewall delete rule name="LANrage"'
  Pop $0
  ReadRegStr $2 HKLM "${UNINSTALL}" "InPath"
  ${If} $2 == "yes"
    ReadRegStr $0 HKLM "${ENVIRONMENT}" "Path"
    StrLen $1 $0
    ${If} $1 > 0
    ${AndIf} $1 < 1000
      ${UnStrRep} $0 $0 ";$INSTDIR" ""
      WriteRegExpandStr HKLM "${ENVIRONMENT}" "Path" "$0"
      SendMessage ${HWND_BROADCAST} ${WM_SETTINGCHANGE} 0 "STR:Environment" /TIMEOUT=2000
    ${EndIf}
  ${EndIf}
  Delete "$SMPROGRAMS\LANrage.lnk"
  DeleteRegKey HKLM "Software\Classes\lanrage"
  DeleteRegKey HKLM "${UNINSTALL}"
  ; What a user wants started with the session is gone with the program.
  DeleteRegValue HKCU "Software\Microsoft\Windows\CurrentVersion\Run" "LANrage"
  ; One by one: nothing of anybody's else goes, whatever folder that is.
  !macro Remove FILE
    Delete /REBOOTOK "$INSTDIR\${FILE}"
    Delete /REBOOTOK "$INSTDIR\${FILE}.old"
  !macroend
  !insertmacro Remove "lanrage.exe"
  !insertmacro Remove "lanrage-helper.exe"
  !insertmacro Remove "lanrage-desktop.exe"
  !insertmacro Remove "WebView2Loader.dll"
  !insertmacro Remove "wintun.dll"
  !insertmacro Remove "wintun-license.txt"
  !insertmacro Remove "license.txt"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
SectionEnd
