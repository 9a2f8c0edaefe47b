package policy

import (
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/milosgajdos/taurus/internal/core/access"
)

// tell is told what is wrong with a field.
type tell func(path, message string)

// validate tells what the policy has that could not be meant.
func (p *Policy) validate(wrong tell) {
	bound(wrong, "rules", len(p.Rules), RulesMax)
	bound(wrong, "quotas", len(p.Quotas), QuotasMax)
	names := map[string]string{DefaultName: "what decides where no rule fits"}
	for i := range p.Rules {
		at := index("rules", i)
		named(wrong, names, at, p.Rules[i].Name)
		p.Rules[i].validate(wrong, at)
	}
	names = map[string]string{}
	for i := range p.Quotas {
		at, q := index("quotas", i), &p.Quotas[i]
		named(wrong, names, at, q.Name)
		jobPatterns(wrong, under(at, "jobs"), q.Jobs)
		if q.Amounts == (Amounts{}) {
			wrong(at, "bounds nothing; give replicas, cpu, memory, disk or gpus")
		}
	}
}

// unreached tells of rules behind one that fits whatever they fit.
func (p *Policy) unreached(wrong tell) {
	for i := range p.Rules {
		if p.Rules[i].Who == nil && (p.Rules[i].Jobs == nil || slices.Contains(p.Rules[i].Jobs, access.All)) && i+1 < len(p.Rules) {
			wrong(index("rules", i+1), "is never reached: "+quote(p.Rules[i].Name)+" before it fits every job; the first rule that fits decides, so put it behind the others")
			return
		}
	}
}

// named tells of a name that is missing or was given before.
func named(wrong tell, taken map[string]string, at, name string) {
	switch of, is := taken[name]; {
	case name == "":
		wrong(under(at, "name"), "is missing; name it, so that a refusal can")
		return
	case len(name) > 63 || strings.ContainsFunc(name, func(r rune) bool {
		return r > '~' || r <= ' ' || strings.ContainsRune(`"'\<>`, r)
	}):
		wrong(under(at, "name"), "must be at most 63 letters, digits and signs without spaces and quotes")
	case is:
		wrong(under(at, "name"), quote(name)+" is "+of+"; choose another")
	}
	taken[name] = "the name of " + at
}

func (r *Rule) validate(wrong tell, at string) {
	jobPatterns(wrong, under(at, "jobs"), r.Jobs)
	if r.Who != nil {
		r.Who.validate(wrong, under(at, "who"))
	}
	for i, v := range r.Volumes {
		hostPath(wrong, under(index(under(at, "volumes"), i), "path"), v.Path)
	}
	for i, p := range r.Parameters {
		here := index(under(at, "parameters"), i)
		switch {
		case p.Name == "":
			wrong(under(here, "name"), "is missing; name an option of docker run without its dashes, or "+quote(DefaultName)+" for all that are harmless")
		case p.Name == everything:
		case strings.HasPrefix(p.Name, "-") || strings.ContainsAny(p.Name, "= *"):
			wrong(under(here, "name"), "must be the long name of an option of docker run without its dashes, such as ulimit")
		case p.Name == DefaultName && p.Values != nil:
			wrong(under(here, "values"), "must be left out for "+quote(DefaultName)+", which has values of its own")
		}
		words(wrong, under(here, "values"), p.Values)
	}
	for i, image := range r.Images {
		here := index(under(at, "images"), i)
		imagePattern(wrong, under(here, "name"), image.Name)
		words(wrong, under(here, "tags"), image.Tags)
	}
	for i, u := range r.URIs {
		uriPattern(wrong, index(under(at, "uris"), i), u)
	}
	for i, c := range r.Constraints {
		if here := index(under(at, "constraints"), i); c.Attribute == "" || c.Operator == "" {
			wrong(here, "must have an attribute and an operator, as a constraint of a job has")
		}
	}
	words(wrong, under(at, "networks"), r.Networks)
	words(wrong, under(at, "users"), r.Users)
	words(wrong, under(at, "secrets"), r.Secrets)
	bound(wrong, under(at, "volumes"), len(r.Volumes), ListMax)
	bound(wrong, under(at, "parameters"), len(r.Parameters), ListMax)
	bound(wrong, under(at, "images"), len(r.Images), ListMax)
	bound(wrong, under(at, "uris"), len(r.URIs), ListMax)
	bound(wrong, under(at, "constraints"), len(r.Constraints), ListMax)
	if r.Task != nil && r.Task.Replicas != nil {
		wrong(under(under(at, "task"), "replicas"), "is of a job; put it into job")
	}
}

func (w *Who) validate(wrong tell, at string) {
	if w.Names == nil && w.Roles == nil && w.Means == nil {
		wrong(at, "names nobody; give names, roles or means, or leave who out for anybody")
	}
	words(wrong, under(at, "names"), w.Names)
	words(wrong, under(at, "roles"), w.Roles)
	for i, means := range w.Means {
		switch access.Means(means) {
		case access.Anonymous, access.BearerToken, access.Certificate, access.OIDC:
		default:
			wrong(index(under(at, "means"), i), quote(means)+" is not known; use anonymous, token, certificate or oidc")
		}
	}
}

// jobPatterns tells of patterns that fit more than they seem to, or nothing.
func jobPatterns(wrong tell, at string, patterns []string) {
	words(wrong, at, patterns)
	if patterns != nil && len(patterns) == 0 {
		wrong(at, `is empty; name ids, or leave it out for all jobs`)
	}
	for i, pattern := range patterns {
		before, open := strings.CutSuffix(pattern, "*")
		switch {
		case strings.Contains(before, "*"):
			wrong(index(at, i), quote(pattern)+" must have its asterisk at the end")
		case open && before != "" && !strings.HasSuffix(before, "/"):
			wrong(index(at, i), quote(pattern)+" would fit ids of others, too; write "+quote(before+"/*")+", or an id as it is")
		}
	}
}

func hostPath(wrong tell, at, p string) {
	switch {
	case p == "":
		wrong(at, "is missing; give an absolute path")
	case !strings.HasPrefix(p, "/"), path.Clean(p) != strings.TrimSuffix(p, "/") && p != "/":
		wrong(at, quote(p)+" must be absolute and without ., .. and double slashes")
	case strings.Contains(p, "*"):
		wrong(at, quote(p)+" has an asterisk; a path stands for all below it")
	}
}

func imagePattern(wrong tell, at, name string) {
	before, open := strings.CutSuffix(name, "*")
	registry, repository, whole := strings.Cut(before, "/")
	switch {
	case name == "":
		wrong(at, "is missing; name a registry and a repository, such as docker.io/library/nginx")
	case name == access.All:
	case strings.Contains(before, "*"):
		wrong(at, quote(name)+" must have its asterisk at the end")
	case open && !strings.HasSuffix(before, "/"):
		wrong(at, quote(name)+" would fit names of others, too; write "+quote(before+"/*"))
	case !whole || !open && repository == "" || registry != "localhost" && !strings.ContainsAny(registry, ".:"):
		wrong(at, quote(name)+" must begin with a registry: docker.io/library/ is where names without one are")
	case strings.ContainsAny(repository, ":@"):
		wrong(at, quote(name)+" must have no tag and no digest; give tags, or digest: true")
	}
}

func uriPattern(wrong tell, at, pattern string) {
	before, open := strings.CutSuffix(pattern, "*")
	_, rest, whole := strings.Cut(before, "://")
	switch {
	case pattern == everything:
	case !whole || strings.Contains(before, "*"):
		wrong(at, quote(pattern)+" must be a URL, or the beginning of one with an asterisk behind it, such as https://files.example.com/*")
	case open && rest != "" && !strings.HasSuffix(rest, "/"):
		wrong(at, quote(pattern)+" would fit URLs of others, too; put a slash before the asterisk")
	case strings.HasPrefix(strings.ToLower(before), "file:"):
		wrong(at, "files of the host count as volumes; name the path there")
	}
}

// words tells of words that are empty or too long, and of too many.
func words(wrong tell, at string, list []string) {
	bound(wrong, at, len(list), ListMax)
	for i, word := range list {
		if word == "" || len(word) > TextMax {
			wrong(index(at, i), "must have 1 to "+strconv.Itoa(TextMax)+" bytes")
		}
	}
}

func bound(wrong tell, at string, n, most int) {
	if n > most {
		wrong(at, "has "+strconv.Itoa(n)+"; make it at most "+strconv.Itoa(most))
	}
}

func index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

func quote(text string) string { return strconv.Quote(excerpt(text)) }

// Fields are the names that a policy file may have, those of what is in it behind a dot.
func Fields() (names []string) {
	var walk func(at string, of reflect.Type)
	walk = func(at string, of reflect.Type) {
		for of.Kind() == reflect.Slice || of.Kind() == reflect.Pointer {
			of = of.Elem()
		}
		if of.Kind() != reflect.Struct {
			return
		}
		for name, field := range fieldsOf(reflect.New(of).Elem()) {
			names = append(names, under(at, name))
			walk(under(at, name), field.Type())
		}
	}
	walk("", reflect.TypeFor[Policy]())
	slices.Sort(names)
	return names
}
