package link

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Kind says how a column of records is compared.
type Kind uint8

// The kinds of a column.
const (
	KindName   Kind = 1 + iota // words that people spell: equal, nearly, somewhat, or not
	KindNumber                 // equal, one digit of three or more wrong, or not
	KindCode                   // equal or not
	KindDate                   // 2016-05-04: equal, a slip apart (day and month swapped, one part off), or not
)

// Records is what Match found in a table: which records are of one entity.
type Records struct {
	Entity     []int   // of each record, the first record of its entity
	Weight     []int32 // of each record, the mean weight in millibits to the others of its entity; 0 where it is alone
	Pairs      int64   // that were compared
	Matches    float64 // expected number of matching pairs
	Iterations int
	Weights    [][]int32 // per column and level, in millibits, best level first
	Prior      int32     // millibits
}

// The limits of the record mode.
const (
	maxRecords = 20_000 // all pairs are compared
	maxColumns = 12
	recordEM   = 60
)

// Match finds the records of a table that are of one entity, without labels: u
// from all pairs, m and the share of matches by expectation and maximisation
// on the counts of agreement patterns, then average link at threshold 0
// (Fellegi and Sunter 1969). An empty cell is missing and weighs nothing. Rows
// must all be as long as kinds.
func Match(rows [][]string, kinds []Kind) (Records, error) {
	switch {
	case len(kinds) == 0 || len(kinds) > maxColumns:
		return Records{}, bad("fields", "%d columns to compare: name 1 to %d", len(kinds), maxColumns)
	case len(rows) > maxRecords:
		return Records{}, bad("records", "%d records: every pair is compared, so at most %d; part them by a column that is never wrong", len(rows), maxRecords)
	}
	t := newRecordTable(rows, kinds)
	counts := t.count()
	out := Records{Entity: make([]int, len(rows)), Weight: make([]int32, len(rows)), Pairs: int64(len(rows)) * int64(len(rows)-1) / 2}
	m := t.learn(counts, float64(len(rows)), &out)
	out.Weights, out.Prior = m.weights, m.prior
	t.cluster(&m, &out)
	return out, nil
}

// recordTable is a table made ready: equal cells have equal numbers, and each
// column knows the levels of its pairs of values.
type recordTable struct {
	rows   [][]uint32 // 0 is missing
	kinds  []Kind
	values [][]string
	known  []map[uint64]uint8 // column -> pair of values -> level, of the dear comparisons
}

// levelsOf returns the number of levels of a kind; missing comes after them.
func (k Kind) levelsOf() int {
	switch k {
	case KindName:
		return 4
	case KindNumber, KindDate:
		return 3
	case KindCode:
	}
	return 2
}

func newRecordTable(rows [][]string, kinds []Kind) *recordTable {
	t := &recordTable{kinds: kinds}
	ids := make([]map[string]uint32, len(kinds))
	for range kinds {
		t.values, t.known = append(t.values, []string{""}), append(t.known, map[uint64]uint8{})
	}
	for _, r := range rows {
		row := make([]uint32, len(kinds))
		for c, k := range kinds {
			v := strings.TrimSpace(r[c])
			if k == KindName || k == KindCode {
				v = Fold(v)
			}
			if v == "" {
				continue
			}
			if ids[c] == nil {
				ids[c] = map[string]uint32{}
			}
			n, ok := ids[c][v]
			if !ok {
				n = uint32(len(t.values[c]))
				ids[c][v], t.values[c] = n, append(t.values[c], v)
			}
			row[c] = n
		}
		t.rows = append(t.rows, row)
	}
	return t
}

// level compares two cells of a column: 0 is best, the kind's number of levels
// is missing.
func (t *recordTable) level(c int, a, b uint32) uint8 {
	k := t.kinds[c]
	switch {
	case a == 0 || b == 0:
		return uint8(k.levelsOf())
	case a == b:
		return 0
	case k == KindCode:
		return 1
	}
	key := uint64(min(a, b))<<32 | uint64(max(a, b))
	if l, ok := t.known[c][key]; ok {
		return l
	}
	l := unequal(k, t.values[c][a], t.values[c][b])
	t.known[c][key] = l
	return l
}

// unequal returns the level of two values that are not the same.
func unequal(k Kind, a, b string) uint8 {
	switch k {
	case KindName:
		switch s := likeness(a, b); {
		case s >= 9200:
			return 1
		case s >= 8500:
			return 2
		}
		return 3
	case KindNumber:
		if len(a) >= 3 && len(a) == len(b) && different(a, b) == 1 {
			return 1
		}
		return 2
	case KindDate:
		if slip(a, b) {
			return 1
		}
		return 2
	case KindCode:
	}
	return 1
}

// different counts the places at which two strings of one length differ.
func different(a, b string) int {
	n := 0
	for i := range len(a) {
		n += int(b2u(a[i] != b[i]))
	}
	return n
}

// slip reports whether two dates differ as slips of the pen do: day and month
// swapped, or one part of the three wrong.
func slip(a, b string) bool {
	x, y := strings.Split(a, "-"), strings.Split(b, "-")
	if len(x) != 3 || len(y) != 3 {
		return false
	}
	same := 0
	for i := range x {
		same += int(b2u(x[i] == y[i]))
	}
	return same == 2 || x[0] == y[0] && x[1] == y[2] && x[2] == y[1]
}

// likeness is the similarity of Jaro and Winkler in ten-thousandths, in
// integers.
func likeness(a, b string) int32 {
	x, y := []rune(a), []rune(b)
	reach := max(max(len(x), len(y))/2-1, 0)
	taken := make([]bool, len(y))
	var hits []rune
	for i, r := range x {
		for j := max(i-reach, 0); j <= min(i+reach, len(y)-1); j++ {
			if !taken[j] && y[j] == r {
				taken[j] = true
				hits = append(hits, r)
				break
			}
		}
	}
	if len(hits) == 0 {
		return 0
	}
	swapped, k := 0, 0
	for j, r := range y {
		if taken[j] {
			if hits[k] != r {
				swapped++
			}
			k++
		}
	}
	m := int32(len(hits))
	jaro := (10_000*m/int32(len(x)) + 10_000*m/int32(len(y)) + 10_000*(2*m-int32(swapped))/(2*m)) / 3
	prefix := int32(0)
	for prefix < 4 && int(prefix) < min(len(x), len(y)) && x[prefix] == y[prefix] {
		prefix++
	}
	return jaro + prefix*(10_000-jaro)/10
}

// count counts the agreement patterns of all pairs, four bits a column.
func (t *recordTable) count() map[uint64]float64 {
	counts := map[uint64]float64{}
	for i := range t.rows {
		for j := range i {
			counts[t.pattern(i, j)]++
		}
	}
	return counts
}

func (t *recordTable) pattern(i, j int) uint64 {
	g := uint64(0)
	for c := range t.kinds {
		g |= uint64(t.level(c, t.rows[i][c], t.rows[j][c])) << (4 * c)
	}
	return g
}

// recordModel is the learnt weights of a table.
type recordModel struct {
	weights [][]int32
	prior   int32
}

// learn runs EM on the pattern counts, u fixed at what all pairs show, and
// fills in what it found.
func (t *recordTable) learn(counts map[uint64]float64, n float64, out *Records) recordModel {
	keys := make([]uint64, 0, len(counts))
	all := 0.0
	for g, k := range counts {
		keys, all = append(keys, g), all+k
	}
	slices.Sort(keys) // sums are made in one order everywhere
	m, u := t.rates(0.9), t.rates(0)
	for _, g := range keys {
		t.add(u, g, counts[g])
	}
	normalise(u)
	share := min(n/2/max(all, 1), 0.5) // to start with: every other record has one mate
	for out.Iterations = 0; out.Iterations < recordEM; out.Iterations++ {
		next := t.rates(0)
		out.Matches = 0
		for _, g := range keys {
			p := t.chance(g, m, u, share)
			t.add(next, g, counts[g]*p)
			out.Matches += float64(counts[g] * p)
		}
		normalise(next)
		m, share = next, max(min(out.Matches/max(all, 1), 0.5), 1e-9)
	}
	model := recordModel{prior: millibits(share / (1 - share))}
	for c, k := range t.kinds {
		w := make([]int32, k.levelsOf()+1)
		for l := range k.levelsOf() {
			w[l] = millibits(m[c][l] / u[c][l])
			if l > 0 {
				w[l] = min(w[l], w[l-1]) // a worse level never weighs more
			}
		}
		model.weights = append(model.weights, w)
	}
	return model
}

// rates returns a table of rates per column and level: best on the first level
// and the rest shared out, or one of each to count from where best is 0.
func (t *recordTable) rates(best float64) [][]float64 {
	var all [][]float64
	for _, k := range t.kinds {
		r := make([]float64, k.levelsOf()+1)
		for l := range k.levelsOf() {
			switch {
			case best == 0:
				r[l] = 1
			case l == 0:
				r[l] = best
			default:
				r[l] = (1 - best) / float64(k.levelsOf()-1)
			}
		}
		all = append(all, r)
	}
	return all
}

func (t *recordTable) add(r [][]float64, g uint64, w float64) {
	for c, k := range t.kinds {
		if l := int(g >> (4 * c) & 15); l < k.levelsOf() {
			r[c][l] += float64(w) // rounded first, as the caller may hand in a product
		}
	}
}

func normalise(r [][]float64) {
	for _, levels := range r {
		sum := 0.0
		for _, x := range levels {
			sum += x
		}
		for l := range levels {
			levels[l] /= max(sum, 1)
		}
	}
}

func (t *recordTable) chance(g uint64, m, u [][]float64, share float64) float64 {
	odds := share / (1 - share)
	for c, k := range t.kinds {
		if l := int(g >> (4 * c) & 15); l < k.levelsOf() {
			odds *= m[c][l] / u[c][l]
		}
	}
	return odds / (1 + odds)
}

// weigh returns the weight of two records, the prior included.
func (t *recordTable) weigh(m *recordModel, i, j int) int32 {
	w := m.prior
	for c := range t.kinds {
		w += m.weights[c][t.level(c, t.rows[i][c], t.rows[j][c])]
	}
	return w
}

// cluster joins records by average link at threshold 0, best pair first.
func (t *recordTable) cluster(m *recordModel, out *Records) {
	type edge struct{ w, i, j int32 }
	var edges []edge
	for i := range t.rows {
		for j := range i {
			if w := t.weigh(m, i, j); w > 0 {
				edges = append(edges, edge{w, int32(j), int32(i)})
			}
		}
	}
	slices.SortFunc(edges, func(a, b edge) int {
		return cmp.Or(cmp.Compare(b.w, a.w), cmp.Compare(a.i, b.i), cmp.Compare(a.j, b.j))
	})
	members := make([][]int, len(t.rows))
	for i := range t.rows {
		members[i], out.Entity[i] = []int{i}, i
	}
	for _, e := range edges {
		a, b := out.Entity[e.i], out.Entity[e.j]
		if a == b || t.between(m, members[a], members[b]) <= 0 {
			continue
		}
		a, b = min(a, b), max(a, b)
		members[a], members[b] = append(members[a], members[b]...), nil
		for _, i := range members[a] {
			out.Entity[i] = a
		}
	}
	for i := range t.rows {
		if mates := members[out.Entity[i]]; len(mates) > 1 {
			out.Weight[i] = floorDiv(int32(t.between(m, []int{i}, mates)), int32(len(mates)-1))
		}
	}
}

// between sums the weights across two sets of records, of a record with itself
// nothing.
func (t *recordTable) between(m *recordModel, a, b []int) int64 {
	var sum int64
	for _, i := range a {
		for _, j := range b {
			if i != j {
				sum += int64(t.weigh(m, i, j))
			}
		}
	}
	return sum
}

// ParseKind reads the name of a kind: name, number, code or date.
func ParseKind(s string) (Kind, error) {
	i := slices.Index([]string{"name", "number", "code", "date"}, s)
	if i < 0 {
		return 0, fmt.Errorf("kind %q: write name, number, code or date", s)
	}
	return Kind(i + 1), nil
}
