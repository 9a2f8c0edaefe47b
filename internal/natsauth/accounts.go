package natsauth

import (
	"fmt"
	"slices"
	"strings"
)

// LogAccount is the account of NATS that has the streams. Of the roles only the admin
// is in it; each other has an account of its own, which is offered what the role may
// publish, and nothing else. So what JetStream answers is published in the account of
// who asked: on a subject that is not offered there it reaches nobody.
const LogAccount = "taurus"

// accountOf is the account that a role is in.
func accountOf(r Role) string {
	if r == Admin {
		return LogAccount
	}
	return LogAccount + "_" + string(r)
}

// Accounts is the part of a server's configuration that says who may connect, and what
// they may do. It holds no secret.
func Accounts(users []User) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("accounts {")
	line("  # Has the streams.")
	line("  %s {", LogAccount)
	line("    jetstream: enabled")
	writeUsers(line, users, LogAccount)
	line("    exports: [")
	for _, o := range offers(users) {
		line("      { service: %q, %saccounts: [%s] }", o.subject, o.response(), quoted(o.to))
	}
	line("    ]")
	line("  }")
	for _, u := range users {
		account := accountOf(u.Role)
		if account == LogAccount {
			continue
		}
		line("  %s {", account)
		writeUsers(line, users, account)
		line("    imports: [")
		for _, subject := range u.Publish {
			line("      { service: { account: %q, subject: %q } }", LogAccount, imported(subject))
		}
		line("    ]")
		line("  }")
	}
	line("}")
	return b.String()
}

// imported is what an account is offered for a subject that its role may publish. An
// answer goes on through an import of one literal subject, with the subject of the
// record that it is, and through a wildcard it does not: so what is written is imported
// by wildcards, also where the role may publish one subject only.
func imported(subject string) string {
	if strings.HasPrefix(subject, api) || strings.Contains(subject, "*") {
		return subject
	}
	tokens := strings.Split(subject, ".")
	tokens[max(len(tokens)-2, 0)] = "*"
	return strings.Join(tokens, ".")
}

func writeUsers(line func(string, ...any), users []User, account string) {
	line("    users: [")
	for _, u := range users {
		if accountOf(u.Role) != account {
			continue
		}
		line("      {")
		line("        # %s", u.Role)
		line("        nkey: %q", u.Key)
		line("        permissions: {")
		line("          publish: { allow: [%s] }", quoted(u.Publish))
		line("          subscribe: { allow: [%s] }", quoted(u.Subscribe))
		line("        }")
		line("      }")
	}
	line("    ]")
}

// offer is a subject of the log's account that others may publish.
type offer struct {
	subject string
	to      []string // Accounts.
}

// response says how many answers a request has: one, unless it is for records.
func (o offer) response() string {
	if strings.HasPrefix(o.subject, api+"CONSUMER.MSG.NEXT.") {
		return "response_type: stream, "
	}
	return ""
}

// offers are what the roles may publish, with which of them, in the order of the roles.
func offers(users []User) []offer {
	var all []offer
	for _, u := range users {
		if accountOf(u.Role) == LogAccount {
			continue
		}
		for _, subject := range u.Publish {
			subject = imported(subject)
			i := slices.IndexFunc(all, func(o offer) bool { return o.subject == subject })
			if i < 0 {
				i = len(all)
				all = append(all, offer{subject: subject})
			}
			all[i].to = append(all[i].to, accountOf(u.Role))
		}
	}
	return all
}
