package secret

import "strings"

// Split is the path of a secret and the key within it, empty where the name has none: db#password is the password of db.
func Split(name string) (path, key string) {
	path, key, _ = strings.Cut(name, "#")
	return path, key
}
