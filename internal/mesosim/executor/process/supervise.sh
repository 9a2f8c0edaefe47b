# Runs a command so that it survives the agent that started it.
# $1 is the folder of the run, the rest the command. Descriptor 3 is its stderr.
folder=$1
shift
trap : HUP INT QUIT TERM
{
	cat "/proc/$$/stat" /proc/sys/kernel/random/boot_id
} >"$folder/claim.$$" || exit 1
ln "$folder/claim.$$" "$folder/claim" || exit 0
rm -f "$folder/claim.$$"
"$@" 2>&3 3>&-
echo "$?" >"$folder/exit.new" && mv "$folder/exit.new" "$folder/exit"
