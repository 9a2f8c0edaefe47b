package mark

// Forcing has force called where what was saved is forced to the disk.
func (f *File) Forcing(force func() error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.force = force
}
