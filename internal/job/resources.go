package job

// Limited reports whether a task may use more than is set aside for it.
func (r *Resources) Limited() bool {
	return r != nil && (r.CPULimit != 0 || r.MemoryLimit != 0)
}

// usage checks what a task may use at most.
func (c *checker) usage(at string, limit float64, of string, least, most float64) {
	if limit == 0 {
		return
	}
	c.amount(at, limit, 0, most)
	if limit > 0 && limit < least {
		c.fault(at, "is %s, less than the %s of %s; make it at least that, or leave it out", plain(limit), of, plain(least))
	}
}
