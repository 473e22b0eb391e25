package link

import "slices"

// The blocking index: claims by where and when, without pairs. A claim with a
// point is chained in the cells of every level from its own up, so that a
// query at any level finds all that is as fine or finer in one neighbourhood of
// 3x3 cells, and what is coarser in the chains of the coarser levels' own.

// cellMetres are the sides of the cells of the three levels.
var cellMetres = [levels]int64{2_000, 10_000, 50_000}

const levels = 3

// The sorts of key in a table, in its top three bits.
const (
	kAll   = 1 // + level: claims of this level and finer, by cell
	kOwn   = 3 // + level: claims of this level alone, by cell; of level 1 and 2
	kWord  = 0 // anywhere or nowhere, with an act; also the week's total
	kPlace = 6 // by place
	kArea  = 7 // by area

	anywhere = 1 << 8 // claims with a place, by act
	nowhere  = 2 << 8 // claims without one, by act
)

// The chain slots of a claim. A claim of level l uses slots l to 2 for the
// cells, and slot l-1, which it has free, for its own level.
const (
	slotArea  = 0 // of a claim without a point; of one without any place: by its act
	slotPlace = 3
	slotAct   = 4
	nSlots    = 5
)

// table is a hash table from a key to the head of a chain or to a count.
type table struct {
	cells []cell
	n     int
	own   [levels]bool // there are claims of this level
	bare  bool         // there are claims without a point
}

type cell struct {
	key uint32 // 0 where the cell is empty
	val int32
}

func (t *table) home(key uint32) int {
	return int(uint64(key*0x9E3779B1) * uint64(len(t.cells)) >> 32)
}

func (t *table) find(key uint32) (int32, bool) {
	if len(t.cells) == 0 {
		return none, false
	}
	for i := t.home(key); ; i++ {
		if i >= len(t.cells) {
			i = 0
		}
		switch c := &t.cells[i]; c.key {
		case key:
			return c.val, true
		case 0:
			return none, false
		}
	}
}

// slot returns the value of a key, which it makes with value v where it is new.
func (t *table) slot(key uint32, v int32) *int32 {
	if (t.n+1)*5 >= len(t.cells)*3 { // one cell at least stays empty, in a sealed table too
		t.resize(max(8, 2*len(t.cells)))
	}
	i := t.home(key)
	for t.cells[i].key != key {
		if t.cells[i].key == 0 {
			t.cells[i] = cell{key, v}
			t.n++
			break
		}
		if i++; i == len(t.cells) {
			i = 0
		}
	}
	return &t.cells[i].val
}

func (t *table) resize(size int) {
	old := t.cells
	t.cells, t.n = make([]cell, size), -len(old) // no resize while it is filled again
	n := 0
	for _, c := range old {
		if c.key != 0 {
			*t.slot(c.key, 0) = c.val
			n++
		}
	}
	t.n = n
}

// seal gives back the room of a table to which little will be added.
func (t *table) seal() {
	if t != nil {
		t.resize(t.n + t.n/8 + 1)
	}
}

// index is the whole of the blocking index.
type index struct {
	chains  [nSlots]chain
	columns [levels][]int32 // cells in each row of a level
	cosines []uint32        // in 1/65536, by latitude in steps of 2^18 units
	days    map[int32]*table
	longs   map[int32]*table // week -> chains of claims whose interval is 3 to 10 days long, by cell of the coarsest level or by area
	rare    rings            // of the claims that know their day or their place
	vague   rings            // of those that lack both
	weeks   map[int32]*table // counts, for the local rate
	undated map[uint32]int32 // place -> chain of its claims without a date
	seen    [][]int32        // place -> days on which it has claims, in order of coming
	first   int32            // first and last day of any claim
	last    int32
	dated   int32
	lastDay int32 // cache of the last day's table
	lastTab *table
}

func newIndex() index {
	x := index{
		days: map[int32]*table{}, longs: map[int32]*table{}, weeks: map[int32]*table{}, undated: map[uint32]int32{},
		first: 1 << 30, last: -1 << 30, lastDay: -1 << 30,
	}
	for l, g := range cellMetres {
		rows := int32(20_015_000 / g)
		x.columns[l] = make([]int32, rows)
		for r := range rows {
			lat := (2*int64(r)+1)*900_000_000/int64(rows) - 900_000_000
			cos := cosine(lat)
			x.columns[l][r] = max(int32(40_030_000/g*int64(cos)>>16), 1)
		}
	}
	for lat := int64(1 << (latBits - 1)); lat < 1_800_000_000+1<<latBits; lat += 1 << latBits {
		x.cosines = append(x.cosines, cosine(lat-900_000_000))
	}
	return x
}

const latBits = 18

// row returns the row of a latitude at a level.
func (x *index) row(level int, lat int32) int32 {
	rows := int64(len(x.columns[level]))
	return int32(min((int64(lat)+900_000_000)*rows/1_800_000_000, rows-1))
}

func (x *index) column(level int, row, lon int32) int32 {
	n := int64(x.columns[level][row])
	return int32(min((int64(lon)+1_800_000_000)*n/3_600_000_000, n-1))
}

func cellKey(kind uint32, row, col int32) uint32 { return kind<<29 | uint32(row)<<15 | uint32(col) }

func wordKey(kind, n uint32) uint32 { return kind<<29 | n&(1<<29-1) }

// levelOf returns the finest level whose cell is at least four standard errors
// (two to either side) wide.
func levelOf(c claim) int {
	s := int64(c.sigma) * 10
	for l, g := range cellMetres {
		if g >= 2*s {
			return l
		}
	}
	return levels - 1
}

const (
	maxDaysLong  = 3  // a longer interval is not blocked by day
	maxDaysKnown = 10 // and one longer than this is not blocked by time at all
)

// dayOf returns the day of the middle of a claim's interval; false where it has
// none or one over three days long.
func dayOf(c claim) (int32, bool) {
	length := c.to() - c.from()
	if c.flags&isDated == 0 || length > maxDaysLong*minutesADay {
		return 0, false
	}
	return floorDiv(c.from()+length/2, minutesADay), true
}

// middle returns the day of the middle of a claim's interval and how many days
// to either side a query for it looks at; false where its time is not known to
// ten days.
func middle(c claim) (d, reach int32, known bool) {
	length := c.to() - c.from()
	if c.flags&isDated == 0 || length > maxDaysKnown*minutesADay {
		return 0, 0, false
	}
	reach = 1
	if length > 2*minutesADay {
		reach = length/2/minutesADay + 1
	}
	return floorDiv(c.from()+length/2, minutesADay), reach, true
}

func (x *index) day(d int32) *table {
	if d == x.lastDay {
		return x.lastTab
	}
	t := x.days[d]
	if t != nil {
		x.lastDay, x.lastTab = d, t
	}
	return t
}

// ring is the newest claims that have a word.
type ring struct {
	ids [ringSize]int32
	n   uint32
}

// rings keeps a ring for each telling word.
type rings struct {
	heads []int32 // of the 65536 hashes, one more than the ring's number
	all   slab[ring]
}

func (t *rings) of(h word) *ring {
	if t.heads == nil || t.heads[h] == 0 {
		return nil
	}
	return t.all.at(t.heads[h] - 1)
}

func (t *rings) slot(h word) *ring {
	if t.heads == nil {
		t.heads = make([]int32, 1<<16)
	}
	if t.heads[h] == 0 {
		t.heads[h] = t.all.add(ring{}) + 1
	}
	return t.of(h)
}

const (
	ringSize    = 24
	tellingWord = 4000 / unitBits // units: a word that one claim in 50 has at most
)

// isVague reports whether a claim lacks its day and its place, so that no block
// finds what it is about: its telling words do.
func isVague(c claim) bool {
	_, _, known := middle(c)
	return !known && c.place == 0
}

// insertWords notes a claim under its telling words.
func (x *index) insertWords(i int32, c claim) {
	to, tells := &x.rare, c.telling()
	if isVague(c) {
		to = &x.vague
	}
	for k, h := range c.concepts() {
		if h == 0 || tells[k] < tellingWord {
			continue
		}
		r := to.slot(h)
		r.ids[r.n%ringSize] = i
		r.n++
	}
}

// wordCandidates looks at the claims that share a telling word: those that lack
// day and place, and for one that lacks them itself all.
func (p *Partition) wordCandidates(c claim, s *search) {
	vague, tells := isVague(c), c.telling()
	if p.vague.heads == nil && !vague {
		return
	}
	s.rung.empty()
	for k, h := range c.concepts() {
		if h == 0 || tells[k] < tellingWord {
			continue
		}
		p.walkRing(p.vague.of(h), s)
		if vague {
			p.walkRing(p.rare.of(h), s)
		}
	}
}

func (p *Partition) walkRing(r *ring, s *search) {
	if r == nil {
		return
	}
	for k := range min(r.n, ringSize) {
		if id := r.ids[(r.n-1-k)%ringSize]; s.rung.add(id) && !s.add(id) {
			return
		}
	}
}

const sealedAfter = 4 // days

// insert chains claim i, whose record is c.
func (x *index) insert(i int32, c claim) {
	x.insertWords(i, c)
	d, dated := dayOf(c)
	if !dated {
		x.insertLong(i, c)
		if c.place != 0 {
			head, ok := x.undated[c.place]
			if !ok {
				head = none
			}
			x.chains[slotPlace].set(i, head)
			x.undated[c.place] = i
		}
		return
	}
	t := x.day(d)
	if t == nil {
		t = &table{}
		x.days[d] = t
		x.days[d-sealedAfter].seal()
	}
	x.first, x.last, x.dated = min(x.first, d), max(x.last, d), x.dated+1
	push := func(key uint32, slot int) {
		head := t.slot(key, none)
		x.chains[slot].set(i, *head)
		*head = i
	}
	if c.place != 0 {
		push(wordKey(kPlace, c.place), slotPlace)
		for int(c.place) >= len(x.seen) {
			x.seen = append(x.seen, nil)
		}
		if s := x.seen[c.place]; len(s) == 0 || s[len(s)-1] != d {
			x.seen[c.place] = append(s, d)
		}
	}
	if c.area != 0 && c.flags&isPointed == 0 {
		push(wordKey(kArea, c.area), slotArea)
	}
	t.bare = t.bare || c.flags&isPointed == 0
	switch {
	case c.act == 0:
	case isPlaceless(c):
		push(wordKey(kWord, nowhere|uint32(c.act)), slotArea)
		push(wordKey(kWord, anywhere|uint32(c.act)), slotAct)
	default:
		push(wordKey(kWord, anywhere|uint32(c.act)), slotAct)
	}
	if c.flags&isPointed != 0 {
		l := levelOf(c)
		t.own[l] = true
		for m := l; m < levels; m++ {
			row := x.row(m, c.lat)
			push(cellKey(uint32(kAll+m), row, x.column(m, row, c.lon)), m)
		}
		if l > 0 {
			row := x.row(l, c.lat)
			push(cellKey(uint32(kOwn+l), row, x.column(l, row, c.lon)), l-1)
		}
	}
	x.count(d, c)
}

// insertLong chains a claim whose interval is too long for the days.
func (x *index) insertLong(i int32, c claim) {
	d, _, known := middle(c)
	if !known {
		return
	}
	t := x.longs[floorDiv(d, 7)]
	if t == nil {
		t = &table{}
		x.longs[floorDiv(d, 7)] = t
	}
	push := func(key uint32, slot int) {
		head := t.slot(key, none)
		x.chains[slot].set(i, *head)
		*head = i
	}
	switch {
	case c.flags&isPointed != 0:
		row := x.row(levels-1, c.lat)
		push(cellKey(kAll+levels-1, row, x.column(levels-1, row, c.lon)), levels-1)
	case c.area != 0:
		push(wordKey(kArea, c.area), slotArea)
	}
}

// count keeps, per week, the claims in squares of 3x3 cells, per place and per
// area.
func (x *index) count(d int32, c claim) {
	w := x.weeks[floorDiv(d, 7)]
	if w == nil {
		w = &table{}
		x.weeks[floorDiv(d, 7)] = w
		x.weeks[floorDiv(d, 7)-2].seal()
	}
	*w.slot(weekTotal, 0)++
	if c.flags&isPointed != 0 {
		for m := range levels {
			*w.slot(x.squareKey(m, c), 0)++
		}
	}
	if c.place != 0 {
		*w.slot(wordKey(kPlace, c.place), 0)++
	}
	if c.area != 0 {
		*w.slot(wordKey(kArea, c.area), 0)++
	}
}

const weekTotal = 1 // a key that no cell, place or area has

func (x *index) squareKey(m int, c claim) uint32 {
	row := x.row(m, c.lat) / 3
	mid := min(row*3+1, int32(len(x.columns[m]))-1)
	return cellKey(uint32(kAll+m), row, x.column(m, mid, c.lon)/3)
}

const maxCandidates = 512

// search is what one query needs: scratch that is used again and again.
type search struct {
	found  []int32
	place  uint32   // the query's
	days   []*table // that it looks at, nil where nothing was told of one
	walked int      // links of chains that were followed
	own    int      // of them, those of the query's own 3x3x3 block
	capped bool
	rung   idSet // what rings gave
	passed [maxCandidates]int32
	lanes  [3][maxCandidates]int32 // of three days, side by side
}

// idSet is a set of at most 512 numbers, emptied at no cost.
type idSet struct {
	stamp uint32
	slots [2048]struct {
		id    int32
		stamp uint32
	}
}

func (s *idSet) empty() { s.stamp++ }

// add reports whether id is new.
func (s *idSet) add(id int32) bool {
	k := uint32(id) * 0x9E3779B1 >> 21
	for ; s.slots[k].stamp == s.stamp; k = (k + 1) % uint32(len(s.slots)) {
		if s.slots[k].id == id {
			return false
		}
	}
	s.slots[k].id, s.slots[k].stamp = id, s.stamp
	return true
}

func (s *search) clear(c claim) {
	s.found, s.place, s.walked, s.own, s.capped = s.found[:0], c.place, 0, 0, false
}

// add notes a claim that no chain had before. It returns false once there are
// enough.
func (s *search) add(i int32) bool {
	if len(s.found) == maxCandidates {
		s.capped = true
		return false
	}
	s.found = append(s.found, i)
	return true
}

// candidates fills s with the claims that may be about the same thing as c: in
// the neighbouring cells, on the neighbouring days, nearest day first; of the
// same place or area; of the same place without a date.
func (p *Partition) candidates(c claim, s *search) {
	p.blocked(c, s)
	p.wordCandidates(c, s)
}

// blocked fills s with what time and place alone nominate: the learning looks
// at no other pairs, since what was found by its words shares words by choice.
func (p *Partition) blocked(c claim, s *search) {
	s.clear(c)
	d, reach, known := middle(c)
	if known {
		s.days = s.days[:0]
		for k := range 2*reach + 1 {
			s.days = append(s.days, p.day(nth(d, k)))
		}
		together := reach == 1 && c.place != 0 && p.placeChains(c, s)
		p.datedCandidates(d, c, s, together)
		if together && s.capped { // which are left then hangs on the order
			s.clear(c)
			p.datedCandidates(d, c, s, false)
		}
	} else {
		p.undatedCandidates(c, s)
	}
}

// datedCandidates looks at the days about d. With placed, the chains of c's place
// were walked.
func (p *Partition) datedCandidates(d int32, c claim, s *search, placed bool) {
	for _, t := range s.days {
		p.wordChains(t, c, s, placed)
	}
	if c.flags&isPointed != 0 {
		p.cellChains(c, s)
	}
	if c.flags&isPointed == 0 {
		s.own = len(s.found)
	}
	if c.place != 0 {
		p.walk(p.undatedHead(c.place), slotPlace, s)
	}
	if len(p.longs) > 0 {
		p.longCandidates(d, c, s)
	}
}

// cellChains walks the chains of the cells about c's point: of its own level and
// finer, then of what is coarser.
func (p *Partition) cellChains(c claim, s *search) {
	l := levelOf(c)
	var keys [levels][9]uint32
	var n [levels]int
	keys[l], n[l] = p.around(l, c)
	for _, t := range s.days {
		if t == nil {
			continue
		}
		before := s.walked
		p.cells(t, uint32(kAll+l), keys[l][:n[l]], l, s)
		s.own += s.walked - before
		for m := l + 1; m < levels; m++ {
			if !t.own[m] {
				continue
			}
			if n[m] == 0 {
				keys[m], n[m] = p.around(m, c)
			}
			p.cells(t, uint32(kOwn+m), keys[m][:n[m]], m-1, s)
		}
	}
}

// cells walks the chains of cells.
func (p *Partition) cells(t *table, kind uint32, keys []uint32, slot int, s *search) {
	for _, key := range keys {
		p.chain(t, kind<<29|key, slot, s)
	}
}

// longCandidates looks at the claims nearby whose interval is days long.
func (p *Partition) longCandidates(d int32, c claim, s *search) {
	keys, n := p.around(levels-1, c)
	for w := floorDiv(d-maxDaysKnown, 7); w <= floorDiv(d+maxDaysKnown, 7); w++ {
		t := p.longs[w]
		switch {
		case t == nil:
		case c.flags&isPointed != 0:
			p.cells(t, kAll+levels-1, keys[:n], levels-1, s)
		case c.area != 0:
			p.chain(t, wordKey(kArea, c.area), slotArea, s)
		}
	}
}

// nth returns the day k of a search about d: d, d-1, d+1, d-2, d+2.
func nth(d, k int32) int32 { return d + (k+1)/2*(1-2*(k&1)) }

// placeChains walks the chains of c's place on three days at once: each waits for
// memory alone. It reports false where there are too many for that.
func (p *Partition) placeChains(c claim, s *search) bool {
	links, heads := &p.chains[slotPlace], [3]int32{none, none, none}
	for k, t := range s.days {
		if t != nil {
			heads[k], _ = t.find(wordKey(kPlace, c.place))
		}
	}
	const last = maxCandidates - 1
	n, n0, n1, n2 := 0, 0, 0, 0
	for a, b, c := heads[0], heads[1], heads[2]; a&b&c != none; n++ {
		if n == maxCandidates {
			return false
		}
		if a != none {
			s.lanes[0][n&last] = a
			a, n0 = links.next(a), n+1
		}
		if b != none {
			s.lanes[1][n&last] = b
			b, n1 = links.next(b), n+1
		}
		if c != none {
			s.lanes[2][n&last] = c
			c, n2 = links.next(c), n+1
		}
	}
	if n0+n1+n2 > maxCandidates {
		return false
	}
	s.found = append(append(append(s.found, s.lanes[0][:n0]...), s.lanes[1][:n1]...), s.lanes[2][:n2]...)
	s.walked = len(s.found)
	return true
}

// wordChains walks the chains of c's place and area on a day, and those that
// bridge what is known of where: claims without any place by their act.
func (p *Partition) wordChains(t *table, c claim, s *search, placed bool) {
	if t == nil {
		return
	}
	if c.place != 0 && !placed {
		p.chain(t, wordKey(kPlace, c.place), slotPlace, s)
	}
	if c.area != 0 && t.bare {
		p.chain(t, wordKey(kArea, c.area), slotArea, s)
	}
	switch {
	case c.act == 0:
	case isPlaceless(c):
		p.chain(t, wordKey(kWord, anywhere|uint32(c.act)), slotAct, s)
	case t.bare:
		p.chain(t, wordKey(kWord, nowhere|uint32(c.act)), slotArea, s)
	}
}

func isPlaceless(c claim) bool { return c.flags&isPointed == 0 && c.place == 0 && c.area == 0 }

func (x *index) undatedHead(place uint32) int32 {
	if head, ok := x.undated[place]; ok {
		return head
	}
	return none
}

const maxDaysBack = 32

// undatedCandidates looks at the place alone: its claims without a date, and
// those of the last 32 days on which it had any.
func (p *Partition) undatedCandidates(c claim, s *search) {
	if c.place == 0 {
		return
	}
	var days []int32
	if int(c.place) < len(p.seen) {
		days = p.seen[c.place]
	}
	for i := len(days) - 1; i >= max(0, len(days)-maxDaysBack) && len(s.found) < maxCandidates*3/4; i-- {
		if t := p.day(days[i]); t != nil && !slices.Contains(days[i+1:], days[i]) {
			p.chain(t, wordKey(kPlace, c.place), slotPlace, s)
		}
	}
	p.walk(p.undatedHead(c.place), slotPlace, s)
	s.own = len(s.found)
}

// around returns the columns and rows of the 3x3 cells around c's at a level, as
// keys without their kind.
func (x *index) around(level int, c claim) (keys [9]uint32, n int) {
	row := x.row(level, c.lat)
	for r := max(row-1, 0); r <= min(row+1, int32(len(x.columns[level]))-1); r++ {
		cols := x.columns[level][r]
		col := x.column(level, r, c.lon)
		for k := int32(-1); k <= 1; k++ {
			if cols < 3 && k+1 >= cols {
				break // near a pole a row has fewer cells than three
			}
			at := col + k
			if at < 0 {
				at += cols
			} else if at >= cols {
				at -= cols
			}
			keys[n] = cellKey(0, r, at)
			n++
		}
	}
	return keys, n
}

func (p *Partition) chain(t *table, key uint32, slot int, s *search) {
	if head, ok := t.find(key); ok {
		p.walk(head, slot, s)
	}
}

// walk notes the claims of a chain. Those of the query's own place are in the
// chains of the place, which come first.
func (p *Partition) walk(i int32, slot int, s *search) {
	c := &p.chains[slot]
	for ; i != none; i = c.next(i) {
		s.walked++
		if slot != slotPlace && s.place != 0 && p.spots.at(i).place == s.place && (len(s.found) < maxCandidates || slices.Contains(s.found, i)) {
			continue
		}
		if !s.add(i) {
			return
		}
	}
}

// expected returns, in thousandths, how many claims on other incidents the
// window of c holds by the rate of its surroundings over the last two weeks.
// Own is the number of claims that its block gave, which are left out.
func (x *index) expected(c claim, own int, total int32) int64 {
	d, reach, dated := middle(c)
	switch {
	case !dated && c.place != 0:
		return 1000 * int64(own)
	case !dated:
		return 1000 * int64(total)
	}
	week := floorDiv(d, 7)
	now, past := x.weeks[week], x.weeks[week-1]
	days := int64(min(14, max(1, d-max(x.first, (week-1)*7)+1)))
	if d < x.last {
		days = max(1, min(14, int64(min(x.last, week*7+6)-max(x.first, (week-1)*7)+1)))
	}
	count := func(key uint32) int64 {
		var n int64
		for _, t := range [2]*table{now, past} {
			if t != nil {
				if v, ok := t.find(key); ok {
					n += int64(v)
				}
			}
		}
		return n
	}
	window := int64(max(3, 2*reach-1))    // days
	rate := func(n, parent int64) int64 { // thousandths a window
		return window * (1000*max(n-int64(own), 0) + 3*parent) / (days + 3)
	}
	switch {
	case c.flags&isPointed != 0:
		l := levelOf(c)
		parent := int64(0) // thousandths a day
		if l+1 < levels {
			ratio := cellMetres[l+1] / cellMetres[l]
			parent = 1000 * count(x.squareKey(l+1, c)) / (ratio * ratio * days)
		}
		e := rate(count(x.squareKey(l, c)), parent)
		if c.place != 0 {
			e = max(e, rate(count(wordKey(kPlace, c.place)), 0))
		}
		return min(e, 1000*maxCandidates)
	case c.place != 0:
		return rate(count(wordKey(kPlace, c.place)), 0)
	case c.area != 0:
		return rate(count(wordKey(kArea, c.area)), 0)
	}
	return rate(count(weekTotal), 0)
}
