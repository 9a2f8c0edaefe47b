package authn

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

const (
	// TokenPrefix begins every token, so that those who look for secrets that got lost find it.
	TokenPrefix = "taurus_"
	// idBytes and secretBytes are how many random bytes there are.
	idBytes, secretBytes = 16, 32
)

// ErrNoToken is returned for a text that is no token of taurus'. It does not say what the
// text is: that may be a secret, even if of something else.
var ErrNoToken = errors.New("not a token: it is written taurus_<id>_<secret>, as taurus token create printed it")

// Token is a token as its holder has it. Printed, it shows no secret: only Text does.
type Token struct {
	// ID says which one it is.
	ID string
	// secret is a function since no printer looks into one, wherever the token is a field of.
	secret func() string
}

func token(id, secret string) Token { return Token{ID: id, secret: func() string { return secret }} }

// MakeToken makes a token that nobody has. The error is that of the source of random
// numbers.
func MakeToken() (Token, error) {
	random := make([]byte, idBytes+secretBytes)
	if _, err := rand.Read(random); err != nil {
		return Token{}, err
	}
	return token(hex.EncodeToString(random[:idBytes]), hex.EncodeToString(random[idBytes:])), nil
}

// IsToken reports whether a text means to be a token of taurus', and no one else's.
func IsToken(text string) bool { return strings.HasPrefix(text, TokenPrefix) }

// ParseToken reads a token. The error is ErrNoToken.
func ParseToken(text string) (Token, error) {
	rest, ours := strings.CutPrefix(text, TokenPrefix)
	id, secret, whole := strings.Cut(rest, "_")
	if !ours || !whole || !digits(id, idBytes) || !digits(secret, secretBytes) {
		return Token{}, ErrNoToken
	}
	return token(id, secret), nil
}

// digits reports whether a text is so many bytes as it is written here, in one way only.
func digits(text string, bytes int) bool {
	if len(text) != hex.EncodedLen(bytes) {
		return false
	}
	return !strings.ContainsFunc(text, func(r rune) bool { return (r < '0' || r > '9') && (r < 'a' || r > 'f') })
}

// Text is the whole token, with its secret; empty for the zero value.
func (t Token) Text() string {
	if t.secret == nil {
		return ""
	}
	return TokenPrefix + t.ID + "_" + t.secret()
}

// Hash is what the log has of the secret; empty for the zero value, which is the hash of
// nothing.
func (t Token) Hash() string {
	if t.secret == nil {
		return ""
	}
	sum := sha256.Sum256([]byte(t.secret()))
	return hex.EncodeToString(sum[:])
}

// Format writes which token it is, whatever the verb.
func (t Token) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, TokenPrefix+t.ID+"_[secret]") }

// MarshalText writes the same.
func (t Token) MarshalText() ([]byte, error) { return fmt.Append(nil, t), nil }
