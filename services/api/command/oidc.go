package command

import (
	"errors"

	"github.com/milosgajdos/taurus/internal/authn"
	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/services/api"
)

// oidc is whose JWTs users may sign in with.
type oidc struct {
	issuer, audience, nameClaim, groupsClaim string
}

func (o *oidc) register(s *service.Settings) {
	f := s.Flags()
	f.StringVar(&o.issuer, "oidc-issuer", "", "`URL` of the OpenID Connect issuer whose JWTs users may sign in with, as it stands in them")
	f.StringVar(&o.audience, "oidc-audience", "", "`audience` that they have to be for: the id of the client that taurus is to the issuer")
	f.StringVar(&o.nameClaim, "oidc-name-claim", "sub", "`claim` that says who somebody is; of email it has to be verified")
	f.StringVar(&o.groupsClaim, "oidc-groups-claim", "groups", "`claim` that says which groups they are in, whose roles the log has")
}

func (o *oidc) complete(s *service.Settings) error {
	if o.issuer == "" {
		if o.audience != "" {
			return s.Refuse("oidc-audience", "needs --oidc-issuer")
		}
		return nil
	}
	var errs []error
	if err := authn.CheckIssuer(o.issuer); err != nil {
		errs = append(errs, s.Refuse("oidc-issuer", err.Error()))
	}
	if o.audience == "" {
		errs = append(errs, s.Refuse("oidc-audience", "is missing: without it a JWT that was given out for any other program would do"))
	}
	if o.nameClaim == "" {
		errs = append(errs, s.Refuse("oidc-name-claim", "name a claim such as sub or email"))
	}
	return errors.Join(errs...)
}

// open has the service take the JWTs, whose keys are asked for beside it: an issuer that is
// away keeps no other user out.
func (o *oidc) open(env *service.Env, options *api.Options) {
	if o.issuer == "" {
		return
	}
	issuer := authn.NewIssuer(o.issuer, env.Now, env.Logger)
	options.OIDC = &authn.OIDC{Issuer: issuer, Audience: o.audience, NameClaim: o.nameClaim, GroupsClaim: o.groupsClaim}
	env.Beside(issuer.Watch)
}
