package job_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/job"
)

// TestFaultsHaveTheWordsOfTheFile: who follows a message writes what they meant, not what
// YAML or JSON made of it.
func TestFaultsHaveTheWordsOfTheFile(t *testing.T) {
	for written, want := range map[string]string{
		"0022": "0022", "1.10": "1.10", "0o17": "0o17", "0x10": "0x10", "0b11": "0b11", "1_000": "1_000", "+5": "+5", "1.": "1.",
		"-0": "-0", "0.0": "0.0", "1e3": "1e3", "1e+30": "1e+30", "1_0.5": "1_0.5", "12345678901234567890123": "12345678901234567890123",
		"true": "true", "True": "True", "FALSE": "FALSE", "*number": "007",
	} {
		sent := fmt.Sprintf("id: &number 007\ntasks:\n- env:\n    A: \"x\"\n    NUMBER: %s # a comment\n  labels: {n: %s}\n", written, written)
		message := fmt.Sprintf("must be a string; write %q", want)
		var faults job.Faults
		if _, err := job.DecodeYAML([]byte(sent)); !errors.As(err, &faults) || len(faults) != 3 {
			t.Errorf("%s: %v", written, err)
			continue
		}
		line := 5
		for _, f := range faults[1:] {
			if f.Message != message || f.Line != line && f.Line != 1 {
				t.Errorf("%s: %s, want %s (line %d)", written, f, message, line)
			}
			line++
		}
	}
	for _, written := range []string{"0.10", "1e3", "-0", "true"} {
		_, err := job.DecodeJSON([]byte(`{"tasks":[{"env":{"NUMBER":` + written + `}}]}`))
		if want := fmt.Sprintf("tasks[0].env.NUMBER: must be a string; write %q (line 1)", written); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", written, err, want)
		}
	}
}

// TestTextIsTakenAsItIs where YAML 1.2 knows no other meaning of it.
func TestTextIsTakenAsItIs(t *testing.T) {
	for _, written := range []string{"yes", "no", "on", "off", "2001-12-14", "2001-12-14T21:59:43Z", "1:30", "12:30:45", "08", "1.2.3", "0x", "!!str 0022", `"0022"`, "'1.10'", "<none>"} {
		spec, err := job.DecodeYAML([]byte("tasks:\n- env:\n    A: " + written + "\n"))
		if err != nil {
			t.Errorf("%s: %v", written, err)
			continue
		}
		if got, want := spec.Tasks[0].Env["A"].Value, strings.Trim(strings.TrimPrefix(written, "!!str "), `'"`); got != want {
			t.Errorf("%s is %q", written, got)
		}
	}
}

// TestNumbersOfAnyBase are taken where a number is wanted, and refused where they are one to
// some and another to others.
func TestNumbersOfAnyBase(t *testing.T) {
	for written, want := range map[string]string{
		"0o17": "15", "0x10": "16", "0b11": "3", "1_000": "1000", "1e3": "1000", "+5": "5", "4.0": "4", "0": "0", "00": "0", "007": "7",
		"0100": "0100 is 64 to who takes it as octal; write 64 or 100",
		"08":   "must be a whole number from 0 to 4294967295, not 08",
		"1.50": "must be a whole number from 0 to 4294967295, not 1.50",
		"yes":  "must be a whole number from 0 to 4294967295, not yes",
		`"3"`:  `must be a whole number from 0 to 4294967295, not "3"`,
	} {
		spec, err := job.DecodeYAML([]byte("tasks:\n- replicas: " + written + "\n"))
		got := ""
		if err == nil {
			got = fmt.Sprint(spec.Tasks[0].Replicas)
		} else {
			got, _, _ = strings.Cut(strings.TrimPrefix(err.Error(), "tasks[0].replicas: "), " (line 2)")
		}
		if got != want {
			t.Errorf("%s: %s, want %s", written, got, want)
		}
	}
}

// TestWordsForTrueAndFalse of other languages are told in this one.
func TestWordsForTrueAndFalse(t *testing.T) {
	const say = "tasks[0].container.privileged: must be true or false, without quotes"
	for written, want := range map[string]string{
		"true": "", "True": "", "yes": "; write true", "On": "; write true", `"true"`: "; write true", "no": "; write false", "OFF": "; write false",
		"1": ", not 1", "perhaps": ", not perhaps", `"perhaps"`: `, not "perhaps"`, "0x1": ", not 0x1",
	} {
		_, err := job.DecodeYAML([]byte("tasks:\n- container:\n    privileged: " + written + "\n"))
		got := ""
		if err != nil {
			got, _, _ = strings.Cut(strings.TrimPrefix(err.Error(), say), " (line 3)")
		}
		if got != want {
			t.Errorf("%s: %v, want %q", written, err, want)
		}
	}
}
