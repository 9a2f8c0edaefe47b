package natsauth

import "slices"

// BuiltIn is the name of the server that is built in, by which it is known to sync each
// append. No configuration that is written for another server has it.
const BuiltIn = "taurus-built-in"

// Role is who connects: a service, or a person.
type Role string

// The roles.
const (
	API      Role = "api"
	Planner  Role = "planner"
	Launcher Role = "launcher"
	Reaper   Role = "reaper"
	// Admin makes, changes and trims streams, and writes about the log itself.
	Admin Role = "admin"
	// Observer reads everything and writes nothing.
	Observer Role = "observer"
)

// Roles are all of them.
func Roles() []Role { return []Role{API, Planner, Launcher, Reaper, Admin, Observer} }

// Known reports whether there is such a role.
func Known(r Role) bool { return slices.Contains(Roles(), r) }

// InboxPrefix begins the subjects that the owner of a key is answered on; of the key
// the public half. Who has a key knows it, whatever the role.
func InboxPrefix(key string) string { return "_INBOX_" + key }

// Streams are the names of what taurus keeps in NATS.
type Streams struct {
	// Ledger, Why and Audit are streams, Bucket is a key-value bucket.
	Ledger, Why, Audit, Bucket string
}

// StreamsOf are the names that go with that of a ledger.
func StreamsOf(ledger string) Streams {
	return Streams{Ledger: ledger, Why: ledger + "_WHY", Audit: ledger + "_AUDIT", Bucket: "taurus_lease"}
}

// kv is the stream behind the bucket.
func (s Streams) kv() string { return "KV_" + s.Bucket }

// key is the subject of a key of the bucket.
func (s Streams) key(key string) string { return "$KV." + s.Bucket + "." + key }

const api = "$JS.API."

// Publish are the subjects, with NATS' wildcards, that a role may publish: what is its
// own, and what it asks of JetStream. It may no others.
func Publish(r Role, s Streams) []string {
	if r == Admin {
		// Backups of a stream are acknowledged, and put back, on subjects of their own.
		return []string{api + ">", "$JS.SNAPSHOT.>", "taurus.ev.>", "taurus.why.>", "taurus.audit.>"}
	}
	subjects := append(own(r, s), api+"INFO")
	subjects = append(subjects, follow(s.Ledger)...)
	switch r {
	case API, Observer:
		subjects = append(subjects, follow(s.Why)...)
		subjects = append(subjects, follow(s.Audit)...)
	case Launcher:
		subjects = append(subjects, api+"STREAM.INFO."+s.Why)
	case Planner, Reaper, Admin:
	}
	return append(subjects, lookUp(s.kv())...)
}

// own is what a role alone writes.
func own(r Role, s Streams) []string {
	switch r {
	case API:
		return []string{"taurus.ev.*.job.*", "taurus.ev.ctl.agents", "taurus.ev.ctl.access", "taurus.audit.*", s.key("presence.api.*")}
	case Planner:
		return []string{"taurus.ev.*.plan.*", "taurus.ev.ctl.seal", s.key("member.planner.*"), s.key("presence.planner.*")}
	case Launcher:
		return []string{
			"taurus.ev.*.task.*.*", "taurus.ev.ctl.launcher.*", "taurus.why.*.*",
			s.key("lease.*"), s.key("presence.launcher.*"),
		}
	case Reaper:
		return []string{"taurus.ev.*.kill.*", s.key("member.reaper.*"), s.key("presence.reaper.*")}
	case Admin, Observer:
	}
	return nil
}

// follow is what reading a stream, and going on with it, asks of JetStream.
func follow(stream string) []string {
	return []string{
		api + "STREAM.INFO." + stream,
		api + "STREAM.MSG.GET." + stream,
		// With a name of the reader's, and without a filter.
		api + "CONSUMER.CREATE." + stream + ".*",
		api + "CONSUMER.INFO." + stream + ".*",
		api + "CONSUMER.MSG.NEXT." + stream + ".*",
		api + "CONSUMER.DELETE." + stream + ".*",
	}
}

// lookUp is what reading keys of a bucket asks of JetStream. A direct get is not among
// it: its answer is the message as it was written, on whatever subject the one who asks
// names, so that with it anybody could write what is another's.
func lookUp(stream string) []string {
	return []string{
		api + "STREAM.INFO." + stream,
		api + "STREAM.MSG.GET." + stream,
	}
}
