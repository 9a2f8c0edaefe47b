package levenshtein

// Distance is the number of bytes to insert, delete or change to make b of a, or
// limit where it is at least that. Names whose lengths differ by the limit cost
// nothing, however long they are.
//
// See V. I. Levenshtein, Binary codes capable of correcting deletions,
// insertions, and reversals, 1966.
func Distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return min(row[len(b)], limit)
}
