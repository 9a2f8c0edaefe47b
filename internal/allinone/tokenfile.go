package allinone

import "path/filepath"

// tokenFile is the file of the owner's token.
const tokenFile = "token"

// TokenFile is where a data directory has the token of its owner.
func TokenFile(data string) string { return filepath.Join(data, tokenFile) }
