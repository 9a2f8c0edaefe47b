package cluster

import "testing"

// FuzzPacked: whatever is packed, what it is taken apart to has an end.
func FuzzPacked(f *testing.F) {
	f.Add("")
	f.Add("\x00\x00\x01\x02ab\x00\x02\x01\x00")
	f.Fuzz(func(_ *testing.T, text string) {
		j := unbook("web", text)
		unpacked(j)
		j.EndedAt()
		lastIn(j.packed, 3)
		unkind(text)
	})
}

func TestTaskIDParts(t *testing.T) {
	for id, want := range map[string]struct {
		prefix        string
		run           uint64
		slot, attempt uint32
		ok            bool
	}{
		"a-b-12-3-4":                         {"a-b", 12, 3, 4, true},
		"-18446744073709551615-0-4294967295": {"", 1<<64 - 1, 0, 1<<32 - 1, true},
		"a-012-3-4":                          {"a", 12, 3, 4, false},
		"a-12-3":                             {},
		"a-12-3-4294967296":                  {},
		"a-12--4":                            {},
		"":                                   {},
	} {
		prefix, run, slot, attempt, ok := taskIDParts(id)
		if prefix != want.prefix || run != want.run || slot != want.slot || attempt != want.attempt || ok != want.ok {
			t.Errorf("%q: %q %d %d %d %t", id, prefix, run, slot, attempt, ok)
		}
	}
}
