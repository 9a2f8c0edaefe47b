package events

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Prefix is the root of every subject of the log.
const Prefix = "taurus.ev"

// WhyPrefix is the root of every subject of the verdict stream.
const WhyPrefix = "taurus.why"

// AuditPrefix is the root of every subject of the audit stream.
const AuditPrefix = "taurus.audit"

// The subjects of the audit stream. Each has a bound of its own, so that what comes in
// numbers, as refusals may, takes no place from the rest.
const (
	// AuditDone is where the api writes what was done.
	AuditDone = AuditPrefix + ".done"
	// AuditRefused is where it writes what was refused, or failed.
	AuditRefused = AuditPrefix + ".refused"
	// AuditLooked is where it writes what was looked at.
	AuditLooked = AuditPrefix + ".looked"
	// AuditUsed is where it writes that tokens are in use.
	AuditUsed = AuditPrefix + ".used"
)

// offersPrefix is that of the agents' offers, in the verdict stream.
const offersPrefix = WhyPrefix + ".offers."

// The subjects of what is said of the log as a whole.
const (
	// SealSubject is where planners seal the log.
	SealSubject = Prefix + ".ctl.seal"
	// LogSubject is where an operator writes about the log.
	LogSubject = Prefix + ".ctl.log"
	// AgentsSubject is where the api writes what users want of agents.
	AgentsSubject = Prefix + ".ctl.agents"
	// AccessSubject is where the api writes who may do what. An operator with the admin's
	// key writes a token there, too, on the same condition, since the first one needs
	// somebody who is let in.
	AccessSubject = Prefix + ".ctl.access"
)

// Role is who writes a subject. A literal subject has one writing role, so that
// services never contend with each other for an expected sequence.
type Role string

// The writing roles, named by the token that stands for them in a subject.
const (
	RoleJob      Role = "job"    // the api: what users asked for
	RolePlan     Role = "plan"   // the planner: what should run and what should stop
	RoleTask     Role = "task"   // the launcher: what was placed and what Mesos reported
	RoleKill     Role = "kill"   // the reaper: kills issued
	RoleLauncher Role = "ctl"    // the launcher: elections, framework, subscriptions
	RoleWhy      Role = "why"    // the launcher: verdicts, in a stream of their own
	RoleOffers   Role = "offers" // the launcher: what agents have, beside the verdicts
	RoleSeal     Role = "seal"   // the planner: the hash of the log so far
	RoleAgents   Role = "agents" // the api: which agents tasks are to leave
	RoleAccess   Role = "access" // the api: who may do what
	RoleAudit    Role = "audit"  // the api: who did what, in a stream of its own
	RoleLog      Role = "log"    // an operator: that the log was made, that a loss is accepted
)

var (
	// ErrSubject is returned when a subject is none of taurus'.
	ErrSubject = errors.New("not a subject of taurus")
	// ErrPartition is returned when the subject of a job is in a partition that is
	// not the job's: nobody writes there, and nobody would find it.
	ErrPartition = errors.New("not the partition of its job")
)

// Space builds subjects for one partition count, and takes them apart. The count
// is fixed when the stream is made, because it decides where the events of a job
// are. The zero value has DefaultPartitions.
type Space struct {
	partitions uint32
}

// DefaultPartitions is the partition count of a new stream.
const DefaultPartitions = 64

// NewSpace returns the subjects of a stream with the given partition count;
// zero means DefaultPartitions.
func NewSpace(partitions uint32) Space {
	if partitions == 0 {
		partitions = DefaultPartitions
	}
	return Space{partitions: partitions}
}

// Partitions is the partition count.
func (s Space) Partitions() uint32 {
	if s.partitions == 0 {
		return DefaultPartitions
	}
	return s.partitions
}

// Partition is the partition of a job: FNV-1a of its id modulo the count.
func (s Space) Partition(job string) uint32 {
	const basis, prime = 2166136261, 16777619
	h := uint32(basis)
	for i := range len(job) {
		h = (h ^ uint32(job[i])) * prime
	}
	return h % s.Partitions()
}

// Job is where the api writes about a job.
func (s Space) Job(job string) string { return s.of(RoleJob, job) }

// Plan is where the planner writes about a job.
func (s Space) Plan(job string) string { return s.of(RolePlan, job) }

// Kill is where the reaper writes about a job.
func (s Space) Kill(job string) string { return s.of(RoleKill, job) }

// Task is where the launcher writes about a slot of a job. There is a subject
// per slot, not per attempt, so the number of subjects is that of what is
// wanted, not of what ever ran.
func (s Space) Task(job string, slot uint32) string {
	return s.of(RoleTask, job) + "." + strconv.FormatUint(uint64(slot), 10)
}

// Why is where the launcher writes verdicts about a job.
func (s Space) Why(job string) string {
	return WhyPrefix + "." + strconv.FormatUint(uint64(s.Partition(job)), 10) + "." + EncodeToken(job)
}

// Offers is where the launcher of a shard writes what agents have.
func (s Space) Offers(shard uint32) string {
	return offersPrefix + strconv.FormatUint(uint64(shard), 10)
}

// Launcher is where the launcher of a shard writes about itself.
func (s Space) Launcher(shard uint32) string {
	return Prefix + ".ctl.launcher." + strconv.FormatUint(uint64(shard), 10)
}

func (s Space) of(role Role, job string) string {
	return Prefix + "." + strconv.FormatUint(uint64(s.Partition(job)), 10) + "." + string(role) + "." + EncodeToken(job)
}

// Subject is a subject taken apart.
type Subject struct {
	Role  Role
	Job   string // empty for RoleLauncher, RoleOffers, RoleSeal, RoleLog, RoleAgents, RoleAccess and RoleAudit
	Slot  uint32 // for RoleTask
	Shard uint32 // for RoleLauncher and RoleOffers
}

// ParseSubject takes a subject apart. It returns ErrSubject for any other.
func ParseSubject(subject string) (Subject, error) {
	bad := func() (Subject, error) { return Subject{}, fmt.Errorf("%w: %q", ErrSubject, subject) }
	if rest, ok := strings.CutPrefix(subject, offersPrefix); ok {
		shard, ok := number(rest)
		if !ok {
			return bad()
		}
		return Subject{Role: RoleOffers, Shard: shard}, nil
	}
	if rest, ok := strings.CutPrefix(subject, WhyPrefix+"."); ok {
		partition, token, _ := strings.Cut(rest, ".")
		job, err := DecodeToken(token)
		if _, ok := number(partition); !ok || err != nil {
			return bad()
		}
		return Subject{Role: RoleWhy, Job: job}, nil
	}
	switch subject {
	case SealSubject:
		return Subject{Role: RoleSeal}, nil
	case LogSubject:
		return Subject{Role: RoleLog}, nil
	case AgentsSubject:
		return Subject{Role: RoleAgents}, nil
	case AccessSubject:
		return Subject{Role: RoleAccess}, nil
	case AuditDone, AuditRefused, AuditLooked, AuditUsed:
		return Subject{Role: RoleAudit}, nil
	}
	rest, ok := strings.CutPrefix(subject, Prefix+".")
	if !ok {
		return bad()
	}
	var space [tokensMax]string
	tokens := cutTokens(space[:0], rest)
	if len(tokens) == 3 && tokens[0] == "ctl" && tokens[1] == "launcher" {
		shard, ok := number(tokens[2])
		if !ok {
			return bad()
		}
		return Subject{Role: RoleLauncher, Shard: shard}, nil
	}
	if len(tokens) < 3 {
		return bad()
	}
	if _, ok := number(tokens[0]); !ok {
		return bad()
	}
	job, err := DecodeToken(tokens[2])
	if err != nil {
		return bad()
	}
	switch role := Role(tokens[1]); {
	case len(tokens) == 3 && (role == RoleJob || role == RolePlan || role == RoleKill):
		return Subject{Role: role, Job: job}, nil
	case len(tokens) == 4 && role == RoleTask:
		slot, ok := number(tokens[3])
		if !ok {
			return bad()
		}
		return Subject{Role: role, Job: job, Slot: slot}, nil
	}
	return bad()
}

// tokensMax is above the most tokens that a subject has behind Prefix. All that is
// folded comes by here: taking a subject apart asks for no memory.
const tokensMax = 5

// cutTokens appends the tokens of a subject; the last one has all that list has no
// place for.
func cutTokens(list []string, subject string) []string {
	for more := true; more; {
		var token string
		if len(list)+1 == cap(list) {
			return append(list, subject)
		}
		token, subject, more = strings.Cut(subject, ".")
		list = append(list, token)
	}
	return list
}

// Parse takes a subject of the space apart. It returns ErrSubject for one that is
// none of taurus', and ErrPartition, with its parts all the same, for one that the
// space does not build.
func (s Space) Parse(subject string) (Subject, error) {
	parts, err := ParseSubject(subject)
	if err != nil || parts.Job == "" {
		return parts, err
	}
	at := len(Prefix) + 1
	if parts.Role == RoleWhy {
		at = len(WhyPrefix) + 1
	}
	got := uint32(0)
	for ; subject[at] != '.'; at++ { // It is a number, or there would be no parts.
		got = 10*got + uint32(subject[at]-'0')
	}
	if got != s.Partition(parts.Job) {
		return parts, fmt.Errorf("%w: %q has partition %d of %d", ErrPartition, parts.Job, s.Partition(parts.Job), s.Partitions())
	}
	return parts, nil
}

// number reads a number as the builders write it. It refuses any other
// spelling, so that a slot has exactly one subject.
func number(token string) (uint32, bool) {
	n, err := strconv.ParseUint(token, 10, 32)
	if err != nil || len(token) > 1 && token[0] == '0' {
		return 0, false
	}
	return uint32(n), true
}

const hexDigits = "0123456789ABCDEF"

// EncodeToken maps an id to a subject token: letters, digits, '-' and '_' stay,
// every other byte becomes '=' and two hex digits. DecodeToken reverses it.
func EncodeToken(id string) string {
	if allPlain(id) {
		return id
	}
	var b strings.Builder
	for i := range len(id) {
		c := id[i]
		if plain(c) {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('=')
		b.WriteByte(hexDigits[c>>4])
		b.WriteByte(hexDigits[c&15])
	}
	return b.String()
}

// DecodeToken is the inverse of EncodeToken. It refuses any other spelling, so
// that an id has exactly one subject.
func DecodeToken(token string) (string, error) {
	if token == "" {
		return "", fmt.Errorf("%w: empty token", ErrSubject)
	}
	if allPlain(token) {
		return token, nil
	}
	var b strings.Builder
	for i := 0; i < len(token); i++ {
		c := token[i]
		if c != '=' {
			b.WriteByte(c)
			continue
		}
		if i+2 >= len(token) {
			return "", fmt.Errorf("%w: token %q ends early", ErrSubject, token)
		}
		n, err := strconv.ParseUint(token[i+1:i+3], 16, 8)
		if err != nil {
			return "", fmt.Errorf("%w: token %q", ErrSubject, token)
		}
		b.WriteByte(byte(n))
		i += 2
	}
	id := b.String()
	if EncodeToken(id) != token {
		return "", fmt.Errorf("%w: token %q", ErrSubject, token)
	}
	return id, nil
}

func allPlain(text string) bool {
	for i := range len(text) {
		if !plain(text[i]) {
			return false
		}
	}
	return true
}

func plain(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}
