package deciding

// moment is what a pile is ordered by.
type moment[M any] interface{ Before(M) bool }

// pile is jobs by when their moment comes, the earliest first: a binary heap.
type pile[M moment[M]] []timed[M]

type timed[M any] struct {
	at  M
	job string
}

func (p *pile[M]) push(at M, job string) {
	*p = append(*p, timed[M]{at: at, job: job})
	s := *p
	for i := len(s) - 1; i > 0; {
		up := (i - 1) / 2
		if !s[i].at.Before(s[up].at) {
			return
		}
		s[i], s[up] = s[up], s[i]
		i = up
	}
}

// pop takes the first one off; there must be one.
func (p *pile[M]) pop() timed[M] {
	s := *p
	first, last := s[0], len(s)-1
	s[0] = s[last]
	s[last] = timed[M]{}
	*p = s[:last]
	s = *p
	for i := 0; ; {
		least := i
		for down := 2*i + 1; down <= 2*i+2 && down < len(s); down++ {
			if s[down].at.Before(s[least].at) {
				least = down
			}
		}
		if least == i {
			return first
		}
		s[i], s[least] = s[least], s[i]
		i = least
	}
}
