package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/milosgajdos/taurus/internal/allinone"
	"github.com/milosgajdos/taurus/internal/authn"
	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/firsttoken"
	"github.com/milosgajdos/taurus/internal/tokenfile"
	"github.com/milosgajdos/taurus/internal/wiring"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// localOwner is whose token that of a taurus on this machine is.
const localOwner = "local"

// prepareToken sees to it that the log of a taurus on this machine knows a token, with
// which its user may do everything, and that a file of the data directory has it.
//
// The file comes first: of one that a crash leaves alone the next start tells the log. The
// other way round the log would know a token that nobody has.
func (a *App) prepareToken(ctx context.Context, data string, n *wiring.NATS) error {
	ctx, cancel := context.WithTimeout(ctx, logPatience)
	defer cancel()
	return a.ledger(ctx, n, func(log eventlog.Log) error {
		err := a.keepToken(ctx, allinone.TokenFile(data), log, n.Space())
		if err != nil {
			return fmt.Errorf("the token of %s: %w", data, err)
		}
		return nil
	})
}

// keepToken has a log know the token of a file, which is made where there is none, or one
// that is no good any more.
func (a *App) keepToken(ctx context.Context, file string, log eventlog.Log, space events.Space) error {
	token, err := keptToken(file)
	if err != nil {
		return err
	}
	w := firsttoken.Wanted{Owner: localOwner, Roles: []string{access.RoleAdmin}, Actor: a.user()}
	if token.ID != "" {
		if _, err = firsttoken.Write(ctx, log, space, token, w); !errors.Is(err, access.ErrTaken) {
			return err
		}
		say(a.Err, "the token in %s is no good any more: another is made", file)
	}
	if token, err = authn.MakeToken(); err != nil {
		return err
	}
	if err := tokenfile.Write(file, token.Text()); err != nil {
		return err
	}
	_, err = firsttoken.Write(ctx, log, space, token, w)
	return err
}

// keptToken is the token of a file; its zero value where there is none.
func keptToken(file string) (authn.Token, error) {
	text, err := tokenfile.Read(file)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, tokenfile.ErrEmpty), errors.Is(err, authn.ErrNoToken):
		return authn.Token{}, nil
	case err != nil:
		return authn.Token{}, err
	}
	token, err := authn.ParseToken(text)
	if err != nil {
		return authn.Token{}, nil //nolint:nilerr // Something else is in it, and is replaced.
	}
	return token, nil
}
