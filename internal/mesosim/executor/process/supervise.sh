# Runs a command so that it survives the agent that started it.
# $1 is the folder of the run, the rest the command. Descriptor 3 is its stderr.
folder=$1
shift
trap : HUP INT QUIT TERM
{
	cat "/proc/$$/stat" /proc/sys/kernel/random/boot_id
} >"$folder/claim.$$" || exit 1
ln "$folder/claim.$$" "$folder/claim"
# A kill, which may come once the claim is there, finds all that runs beside this
# shell: ln, so that its status says nothing, and any program that tidied up the
# claim or moved the exit status into place.
read -r mine <"$folder/claim.$$" && read -r owner <"$folder/claim" && [ "$mine" = "$owner" ] || exit 0
"$@" 2>&3 3>&-
echo "$?" >"$folder/exit"
