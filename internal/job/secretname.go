package job

import (
	"fmt"
	"strings"
)

// secretNameMax is how long the name of a secret may be.
const secretNameMax = 255

// CheckSecretName says what is wrong with the name of a secret, empty if nothing is: it is a path of words, db/password,
// and may end with a key, db#password. A word is of letters, digits and ._- and begins with a letter, a digit or _, so
// that no name leads out of where secrets are kept.
func CheckSecretName(name string) string {
	if name == "" {
		return "is missing; give the secret's, such as db/password"
	}
	if len(name) > secretNameMax {
		return fmt.Sprintf("has %d bytes, the most is %d", len(name), secretNameMax)
	}
	path, key, keyed := strings.Cut(name, "#")
	words := strings.Split(path, "/")
	if keyed {
		words = append(words, key)
	}
	for _, word := range words {
		if !secretWord(word) {
			return fmt.Sprintf("must be of words of letters, digits and ._- with / between them, such as db/password or db#password, is %s", quote(name))
		}
	}
	return ""
}

func secretWord(word string) bool {
	for i := range len(word) {
		c := word[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_':
		case i > 0 && (c == '.' || c == '-'):
		default:
			return false
		}
	}
	return word != ""
}
