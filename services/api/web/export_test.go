package web

// Clients is how many are remembered.
func (t *Turnstile) Clients() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.of)
}
