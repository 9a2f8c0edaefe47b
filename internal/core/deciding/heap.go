package deciding

// ordered is what a heap is ordered by: a time, or a sequence.
type ordered[T any] interface{ Before(T) bool }

// heap is jobs by when they are due, the earliest first: a binary heap.
type heap[T ordered[T]] []entry[T]

type entry[T any] struct {
	at  T
	job string
}

func (p *heap[T]) push(at T, job string) {
	*p = append(*p, entry[T]{at: at, job: job})
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
func (p *heap[T]) pop() entry[T] {
	s := *p
	first, last := s[0], len(s)-1
	s[0] = s[last]
	s[last] = entry[T]{}
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
