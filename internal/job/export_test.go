package job

// Decode decodes a job file of a content type.
func Decode(data []byte, contentType string) (*Spec, error) {
	f, err := NewFile(data, contentType)
	if err != nil {
		return nil, err
	}
	return f.Decode()
}

// Warnings are those of a job file of a content type.
func Warnings(data []byte, contentType string) []Fault {
	f, err := NewFile(data, contentType)
	if err != nil {
		return nil
	}
	return f.Warnings()
}
