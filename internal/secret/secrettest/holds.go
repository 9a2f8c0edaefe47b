package secrettest

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// Holds reports whether a text has a secret in it, as it is or as it is written in JSON, base64, hexadecimal digits, a URL, Go or
// a list of bytes.
func Holds(text []byte, value string) bool {
	for _, form := range Forms(value) {
		if bytes.Contains(text, []byte(form)) {
			return true
		}
	}
	return false
}

// Forms are ways to write a secret down.
func Forms(value string) []string {
	quoted, _ := json.Marshal(value) // A string always is.
	digits, numbers := hex.EncodeToString([]byte(value)), make([]string, len(value))
	for i := range len(value) {
		numbers[i] = strconv.Itoa(int(value[i]))
	}
	forms := []string{
		value, string(quoted[1 : len(quoted)-1]), strings.Trim(strconv.Quote(value), `"`), strings.Trim(strconv.QuoteToASCII(value), `"`),
		url.QueryEscape(value), url.PathEscape(value), digits, strings.ToUpper(digits), fmt.Sprintf("% x", value),
		strings.Join(numbers, " "), strings.Join(numbers, ","),
	}
	return append(forms, base64s(value)...)
}

// base64s are the parts of the base64 of a text with the secret anywhere in it that do not depend on what is around it.
func base64s(value string) []string {
	var forms []string
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 {
			encoded := encoding.EncodeToString(append(make([]byte, before), value...))
			from, to := (before*8+5)/6, (before+len(value))*8/6
			forms = append(forms, encoded[from:to])
		}
	}
	return forms
}
