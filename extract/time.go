package extract

import (
	"strconv"
	"strings"

	"github.com/marchday/marchday/truce"
)

// timeMention is a time expression, anchored as far as it can be without the
// tense of its clause.
type timeMention struct {
	i, j      int
	lo, hi    day // noDay: open
	kind      string
	precision truce.Precision
	weekday   int  // resolved by tense
	noYear    bool // the year is the nearest: resolved by tense
	noMonth   bool // the month is the document's: resolved by tense
	due       int  // before: 1 more than the last day is behind the day named; resolved by tense
}

// findTimes finds the time expressions of the sentence.
func (a *analysis) findTimes() {
	for i := a.s.first; i < a.s.last; {
		if !a.timeable(i) || a.onlyJoins(i) {
			i++
			continue
		}
		if m, ok := a.timeAt(i); ok {
			m.i = i
			if m.j <= i {
				m.j = i + 1
			}
			a.times = append(a.times, m)
			i = m.j
			continue
		}
		i++
	}
	a.dropNumbers()
}

// timeable reports whether a token can stand in a time: a word of time or a
// number.
func (a *analysis) timeable(i int) bool {
	if i < a.s.first || i >= a.s.last {
		return false
	}
	k := a.tok(i)
	return k.tags&(tagTime|tagNumber) != 0 || k.flags.has(number)
}

// onlyJoins reports whether a token can stand inside a time and never begins
// one, or only with what does not follow: of, to, ago.
func (a *analysis) onlyJoins(i int) bool {
	switch a.t.l.times[a.tok(i).word].kind {
	case "of", "in", "to", "and", "for", "ago", "few":
		return a.num(i) < 0
	case "the":
		return !a.timeable(i + 1)
	case "one": // a week ago, and not: a town
		return a.num(i) < 0 && a.timeWord(i+1).kind != "unit"
	}
	return false
}

func (a *analysis) timeWord(i int) timeWord {
	if i < a.s.first || i >= a.s.last || !a.tags(i).has(tagTime) {
		return timeWord{}
	}
	w := a.t.l.times[a.tok(i).word]
	if w.kind == "month" && w.n < 0 { // a month's name that is another word too: May, March
		w.n = -w.n
		if !a.tok(i).flags.has(capital) && !(a.small(i-1, 31) || a.small(i+1, 31)) || a.t.mixed && !a.tok(i).flags.has(capital) {
			return timeWord{}
		}
		if !a.t.mixed && !(a.small(i-1, 31) || a.small(i+1, 31)) {
			return timeWord{}
		}
	}
	return w
}

// num returns the whole number at token i, -1 if there is none.
func (a *analysis) num(i int) int {
	if i < a.s.first || i >= a.s.last {
		return -1
	}
	if a.tok(i).flags.has(number) {
		if v, ok := a.digits(i); ok {
			return int(v)
		}
		return a.ordinal(i)
	}
	if !a.tags(i).has(tagNumber) {
		return -1
	}
	if w := &a.t.l.numbers[a.tok(i).word]; w.known && (w.kind == "num" || w.kind == "ordinal") {
		return int(w.lo)
	}
	return -1
}

// ordinal reads 3rd, 21st, 3-го.
func (a *analysis) ordinal(i int) int {
	k := a.tok(i)
	s := a.t.src[k.start:k.end]
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	switch strings.ToLower(s[n:]) {
	case "st", "nd", "rd", "th":
		v, _ := strconv.Atoi(s[:n])
		return v
	}
	return -1
}

func (a *analysis) small(i, top int) bool { n := a.num(i); return n >= 1 && n <= top }

func (a *analysis) year(i int) int {
	if n := a.num(i); n >= 1900 && n <= 2100 && a.tok(i).flags.has(number) && a.tok(i).end-a.tok(i).start >= 4 {
		return n
	}
	return -1
}

// of skips a filler between parts of a date: 3rd of May, الثالث من أيار.
func (a *analysis) of(i int) int {
	if w := a.timeWord(i).kind; w == "of" || w == "from" && !a.t.l.cased || i < a.s.last && a.tok(i).mark == ',' {
		return i + 1
	}
	return i
}

// timeAt reads one time expression beginning at token i. The order of the
// rules matters: the longest forms come first.
func (a *analysis) timeAt(i int) (timeMention, bool) {
	w := a.timeWord(i)
	switch w.kind {
	case "since":
		if m, ok := a.timeAt2(i + 1); ok && !m.noDate() {
			m.resolve(a.t.date, false)
			m.kind, m.hi = "since", noDay
			m.weekday, m.noYear = 0, false
			return m, true
		}
		return timeMention{}, false
	case "before":
		if m, ok := a.timeAt2(i + 1); ok && !m.noDate() && m.kind != "recent" {
			if m.weekday > 0 || m.noYear && m.lo > a.t.date {
				m.kind, m.due, m.precision = "before", 1+w.n, truce.Bounded
				return m, true
			}
			m.resolve(a.t.date, false)
			m.kind, m.hi, m.lo = "before", m.lo-1, noDay
			m.weekday, m.noYear, m.precision = 0, false, truce.Bounded
			return m, true
		}
		return timeMention{}, false
	case "between":
		return a.betweenAt(i)
	case "from":
		if m, ok := a.betweenAt(i); ok {
			return m, true
		}
		return a.timeAt2(i)
	}
	one, ok := a.timeAt2(i)
	if m, ok := a.joinedAt(i, i, w.kind, one, ok); ok {
		return m, true
	}
	return one, ok
}

// noDate reports whether the mention has no day at either end.
func (m timeMention) noDate() bool { return m.lo == noDay && m.hi == noDay && m.weekday == 0 }

// betweenAt reads between A and B, from A to B, A to B.
func (a *analysis) betweenAt(i int) (timeMention, bool) {
	k := i
	open := a.timeWord(i).kind
	if open == "between" || open == "from" {
		k++
	}
	first, ok := a.timeAt2(k)
	return a.joinedAt(i, k, open, first, ok)
}

// joinedAt reads on behind the first of two times, which begins at k.
func (a *analysis) joinedAt(i, k int, open string, first timeMention, ok bool) (timeMention, bool) {
	joint := ""
	if ok {
		joint = a.timeWord(first.j).kind
	}
	if !ok && a.small(k, 31) && (a.timeWord(k+1).kind == "to" || a.timeWord(k+1).kind == "and" || k+1 < a.s.last && a.tok(k+1).flags.has(hyphened)) { // 3 to 5 May
		next := k + 1
		if !a.tok(next).flags.has(hyphened) {
			next++
		}
		last, ok := a.timeAt2(next)
		if !ok || !last.noYear && last.kind != "exact" {
			return timeMention{}, false
		}
		last.resolve(a.t.date, false)
		_, _, dd := last.lo.date()
		d := day(a.num(k))
		if int(d) >= dd {
			return timeMention{}, false
		}
		return timeMention{i: i, j: last.j, lo: last.lo - day(dd) + d, hi: last.hi, kind: "between", precision: truce.ToDays}, true
	}
	if !ok || open == "" && joint != "to" || open == "between" && joint != "and" || open == "from" && joint != "to" {
		return timeMention{}, false
	}
	second, ok := a.timeAt2(first.j + 1)
	if !ok {
		second, ok = a.sameMonth(first)
	}
	if !ok {
		return timeMention{}, false
	}
	first.resolve(a.t.date, false)
	second.resolve(a.t.date, false)
	if first.lo == noDay || second.hi == noDay || second.hi < first.lo {
		return timeMention{}, false
	}
	return timeMention{i: i, j: second.j, lo: first.lo, hi: second.hi, kind: "between", precision: truce.ToDays}, true
}

// sameMonth reads the second day of "between September 3 and 5".
func (a *analysis) sameMonth(first timeMention) (timeMention, bool) {
	n := a.num(first.j + 1)
	if n < 1 || first.lo == noDay || first.precision != truce.ToDay || first.weekday > 0 || !a.tok(first.j+1).flags.has(number) {
		return timeMention{}, false
	}
	y, m, d := first.lo.date()
	if n <= d || dateOf(y, m, n) > monthEnd(y, m) || a.tags(first.j+2).has(tagPerson) {
		return timeMention{}, false
	}
	second := first
	second.lo += day(n - d)
	second.hi, second.j = second.lo, first.j+2
	return second, true
}

// timeAt2 reads an expression that stands by itself.
func (a *analysis) timeAt2(i int) (timeMention, bool) {
	for a.timeWord(i).kind == "the" {
		i++
	}
	if !a.timeable(i) {
		return timeMention{}, false
	}
	if m, ok := a.calendarAt(i); ok {
		return m, ok
	}
	return a.relativeAt(i)
}

// monthAtWord returns the month named at token i and how many tokens name it:
// Arabic has months of two words, and gives a month by two names with a stroke.
func (a *analysis) monthAtWord(i int) (n, size int) {
	w := a.timeWord(i)
	switch w.kind {
	case "month":
		n, size = w.n, 1
	case "month2": // كانون الأول, الثاني; تشرين الأول, الثاني
		k := a.num(i + 1)
		if k != 1 && k != 2 {
			return 0, 0
		}
		n, size = w.n-1, 2
		if w.n == 13 && k == 2 {
			n = 1
		} else if w.n == 11 && k == 2 {
			n = 11
		}
	default:
		return 0, 0
	}
	if i+size+1 < a.s.last && a.tok(i+size).mark == '/' {
		if m, more := a.monthAtWord(i + size + 1); m == n {
			size += 1 + more
		}
	}
	return n, size
}

// calendarAt reads dates, months, years and weekdays.
func (a *analysis) calendarAt(i int) (timeMention, bool) {
	if m, ok := a.numericDate(i); ok {
		return m, true
	}
	part := ""
	k := i
	if w := a.timeWord(i); w.kind == "part" {
		part = []string{"early", "mid", "late"}[w.n]
		k = a.of(i + 1)
		for a.timeWord(k).kind == "the" {
			k++
		}
	}
	if w := a.timeWord(k); w.kind == "unit" && part == "early" && a.t.date != noDay && (w.n == unitMonth || w.n == unitYear) { // the beginning of the month
		y, m, _ := a.t.date.date()
		if w.n == unitYear {
			m = 1
		}
		at := dateOf(y, m, 1)
		return timeMention{j: k + 1, lo: at, hi: at + 9, kind: "part-of-month", precision: truce.ToPart}, true
	}
	if w := a.timeWord(k); part != "" && (w.kind == "past" || w.kind == "next") && a.timeWord(k+1).n == unitMonth && a.t.date != noDay { // the end of last month
		y, m, _ := a.t.date.date()
		if m--; w.kind == "next" {
			m += 2
		}
		first := dateOf(y, m, 1)
		y, m, _ = first.date()
		out := timeMention{j: k + 2, lo: first, hi: monthEnd(y, m), kind: "part-of-month", precision: truce.ToPart}
		out.cut(part)
		return out, true
	}
	if w := a.timeWord(k); w.kind == "weekday" && part == "" {
		return a.weekdayAt(k, w.n)
	}
	if n, size := a.monthAtWord(k); n > 0 {
		return a.monthAt(k, size, n, part)
	}
	if m, ok := a.calendarDate(k); ok && part == "" {
		return m, ok
	}
	if y := a.year(k); y > 0 && (part != "" || a.yearCue(k)) {
		return yearPart(y, part, k+1), true
	}
	return a.monthDayAt(i)
}

// yearCue reports whether a number in the range of years is meant as one: it
// follows a preposition of time or closes a phrase, and counts nothing.
func (a *analysis) yearCue(k int) bool {
	prev := a.timeWord(k - 1).kind
	if prev == "in" || prev == "since" || prev == "before" || prev == "of" || prev == "to" || prev == "from" || prev == "between" || prev == "and" {
		return k+1 >= a.s.last || !a.nominalAfterYear(k+1)
	}
	return a.timeWord(k+1).kind == "yearword"
}

func (a *analysis) nominalAfterYear(k int) bool {
	return a.tok(k).mark == 0 && a.tags(k)&tagPerson != 0
}

func yearPart(y int, part string, j int) timeMention {
	m := timeMention{j: j, kind: "exact", precision: truce.ToYear}
	switch part {
	case "early":
		m.lo, m.hi = dateOf(y, 1, 1), monthEnd(y, 4)
	case "mid":
		m.lo, m.hi = dateOf(y, 5, 1), monthEnd(y, 8)
	case "late":
		m.lo, m.hi = dateOf(y, 9, 1), monthEnd(y, 12)
	default:
		m.lo, m.hi = dateOf(y, 1, 1), monthEnd(y, 12)
	}
	return m
}

// numericDate reads 2016-05-03, 03.05.2016, 3-5-2016 and 3/5/2016 (day first).
func (a *analysis) numericDate(i int) (timeMention, bool) {
	if i >= a.s.last || !a.tok(i).flags.has(number) {
		return timeMention{}, false
	}
	exact := func(y, m, d, j int) (timeMention, bool) {
		if m < 1 || m > 12 || d < 1 || d > 31 || y < 1900 || y > 2100 {
			return timeMention{}, false
		}
		at := dateOf(y, m, d)
		return timeMention{j: j, lo: at, hi: at, kind: "exact", precision: truce.ToDay}, true
	}
	if i+2 < a.s.last && a.tok(i+1).flags.has(hyphened) && a.tok(i+2).flags.has(hyphened) && a.tok(i+1).flags.has(number) && a.tok(i+2).flags.has(number) {
		if y := a.num(i + 2); y > 31 { // 3-5-2016
			return exact(y, a.num(i+1), a.num(i), i+3)
		}
		return exact(a.num(i), a.num(i+1), a.num(i+2), i+3)
	}
	if i+4 < a.s.last && a.tok(i+1).mark == '/' && a.tok(i+3).mark == '/' && a.tok(i+3).flags.has(glued) {
		if y := a.num(i); y > 31 {
			return exact(y, a.num(i+2), a.num(i+4), i+5)
		}
		y := a.num(i + 4)
		if y > 0 && y < 100 {
			y += 2000
		}
		return exact(y, a.num(i+2), a.num(i), i+5)
	}
	k := a.tok(i)
	if s := a.t.src[k.start:k.end]; strings.Count(s, ".") == 2 {
		parts := strings.Split(s, ".")
		d, err1 := strconv.Atoi(parts[0])
		m, err2 := strconv.Atoi(parts[1])
		y, err3 := strconv.Atoi(parts[2])
		if err1 == nil && err2 == nil && err3 == nil {
			if y < 100 {
				y += 2000
			}
			return exact(y, m, d, i+1)
		}
	}
	return timeMention{}, false
}

// weekdayAt reads a weekday, and the date that may follow it.
func (a *analysis) weekdayAt(k, n int) (timeMention, bool) {
	next := a.of(k + 1)
	if m, ok := a.calendarDate(next); ok {
		return m.on(n), true
	}
	if next > k+1 {
		next = k + 1
	}
	if next < a.s.last && a.tok(next).mark == '(' {
		if m, ok := a.calendarDate(next + 1); ok {
			if m.j < a.s.last && a.tok(m.j).mark == ')' {
				m.j++
			}
			return m.on(n), true
		}
	}
	if a.small(k+1, 31) && a.tok(k+1).flags.has(number) && (k+2 >= a.s.last || a.tok(k+2).mark != 0) { // Saturday 18 ...
		next++
	}
	m := timeMention{j: max(k+1, next), weekday: n, kind: "weekday", precision: truce.ToDay, lo: noDay, hi: noDay}
	if a.timeWord(m.j).kind == "past" && !a.t.l.cased {
		m.j++
	}
	if a.timeWord(m.j).kind == "daypart" {
		m.j++
	}
	return m, true
}

// on notes the weekday of a date whose year nobody can tell.
func (m timeMention) on(weekday int) timeMention {
	if m.kind == "unanchored" {
		m.weekday, m.kind = weekday, "weekday"
	}
	return m
}

// calendarDate reads a day with its month only.
func (a *analysis) calendarDate(i int) (timeMention, bool) {
	if d := a.num(i); d >= 1 && d <= 31 {
		k := a.of(i + 1)
		if n, size := a.monthAtWord(k); n > 0 {
			return a.dated(n, d, k+size)
		}
	}
	if n, size := a.monthAtWord(i); n > 0 && a.small(i+size, 31) {
		return a.dated(n, a.num(i+size), i+size+1)
	}
	return timeMention{}, false
}

// monthAt reads March, March 3, March 3-5, March 2016, late March 2016.
func (a *analysis) monthAt(k, size, n int, part string) (timeMention, bool) {
	k += size - 1
	if part == "" && a.small(k+1, 31) && !(a.tok(k+1).flags.has(number) && a.year(k+1) > 0) {
		if k+2 < a.s.last && a.tok(k+2).flags.has(hyphened) && a.small(k+2, 31) && a.num(k+2) > a.num(k+1) {
			m, ok := a.dated(n, a.num(k+2), k+3)
			m.lo -= day(a.num(k+2) - a.num(k+1))
			m.precision = truce.ToDays
			return m, ok
		}
		return a.dated(n, a.num(k+1), k+2)
	}
	j := k + 1
	y, explicit := a.monthYear(n), false
	if next := a.of(j); a.year(next) > 0 {
		y, j, explicit = a.year(next), next+1, true
	}
	if y == 0 {
		return timeMention{}, false
	}
	m := timeMention{j: j, lo: dateOf(y, n, 1), hi: monthEnd(y, n), kind: "exact", precision: truce.ToMonth, noYear: !explicit}
	if part != "" {
		m.kind, m.precision = "part-of-month", truce.ToPart
		m.cut(part)
	}
	return m, true
}

// cut takes the part of a whole month.
func (m *timeMention) cut(part string) {
	first := m.lo
	switch part {
	case "early":
		m.hi = first + 9
	case "mid":
		m.lo, m.hi = first+10, first+19
	case "late":
		m.lo = first + 20
	}
}

// monthDayAt reads the 22nd after "on": the day of a month that the tense tells.
func (a *analysis) monthDayAt(i int) (timeMention, bool) {
	n := a.ordinal(i)
	if n < 1 || a.t.date == noDay || a.timeWord(i-1).kind != "the" || !a.tags(i-2).has(tagPrep) || a.tags(i+1).has(tagNoun|tagAdj) || i+1 < a.s.last && a.tok(i+1).flags.has(capital) {
		return timeMention{}, false
	}
	y, m, _ := a.t.date.date()
	at := dateOf(y, m, n)
	if at > monthEnd(y, m) {
		return timeMention{}, false
	}
	return timeMention{j: i + 1, lo: at, hi: at, kind: "exact", precision: truce.ToDay, noMonth: true}, true
}

// monthYear is the year in which a month without one is nearest to the
// document's date; 0 if the document has no date.
func (a *analysis) monthYear(n int) int {
	if a.t.date == noDay {
		return 0
	}
	y, m, _ := a.t.date.date()
	switch {
	case n-m > 6:
		return y - 1
	case m-n > 6:
		return y + 1
	}
	return y
}

// dated makes a day of a month, with a year that may follow at j.
func (a *analysis) dated(month, d, j int) (timeMention, bool) {
	y, explicit := a.monthYear(month), false
	if next := a.of(j); a.year(next) > 0 {
		y, j, explicit = a.year(next), next+1, true
	}
	if y == 0 { // no date to tell the year by
		return timeMention{j: j, lo: noDay, hi: noDay, kind: "unanchored", precision: truce.ToDay}, true
	}
	if dateOf(y, month, d) > monthEnd(y, month) {
		return timeMention{}, false
	}
	at := dateOf(y, month, d)
	return timeMention{j: j, lo: at, hi: at, kind: "exact", precision: truce.ToDay, noYear: !explicit}, true
}

// relativeAt reads yesterday, the past few days, last week, 3 days ago.
func (a *analysis) relativeAt(i int) (timeMention, bool) {
	d := a.t.date
	w := a.timeWord(i)
	at := func(lo, hi day, j int, kind string, p truce.Precision) (timeMention, bool) {
		if d == noDay {
			return timeMention{j: j, lo: noDay, hi: noDay, kind: "unanchored", precision: p}, true
		}
		return timeMention{j: j, lo: lo, hi: hi, kind: kind, precision: p}, true
	}
	switch w.kind {
	case "day": // today, yesterday, tomorrow
		j := i + 1
		if a.timeWord(j).kind == "daypart" {
			j++
		}
		return at(d+day(w.n), d+day(w.n), j, "exact", truce.ToDay)
	case "overnight":
		return at(d-1, d, i+1, "exact", truce.ToDay)
	case "now":
		return at(d, d, i+1, "document-time", truce.ToDay)
	case "unit", "weekday": // Arabic: the adjective follows
		if n := a.timeWord(i + 2); w.n == unitDay && n.kind == "day" && n.n < 0 && a.timeWord(i+1).kind == "before" {
			return at(d+day(n.n)-1, d+day(n.n)-1, i+3, "exact", truce.ToDay) // the day before yesterday
		}
		if a.timeWord(i+1).kind == "past" && d != noDay {
			return a.pastAt(i-1, timeWord{kind: "past"}, at)
		}
	case "daypart": // صباح اليوم
		if n := a.timeWord(i + 1); n.kind == "day" && !a.t.l.cased {
			return at(d+day(n.n), d+day(n.n), i+2, "exact", truce.ToDay)
		}
	case "past", "recent":
		return a.pastAt(i, w, at)
	case "this", "next":
		if u := a.timeWord(i + 1); u.kind == "unit" && u.n > 0 {
			return a.unitAt(d, u.n, map[string]int{"this": 0, "next": 1}[w.kind], i+2, at)
		}
		if u := a.timeWord(i + 1); u.kind == "daypart" && w.kind == "this" {
			return at(d, d, i+2, "exact", truce.ToDay)
		}
		if u := a.timeWord(i + 1); u.kind == "weekday" && d != noDay {
			m := timeMention{weekday: u.n}
			m.resolve(d, w.kind == "next")
			return at(m.lo, m.hi, i+2, "weekday", truce.ToDay)
		}
	}
	return a.agoAt(i, at)
}

type anchor func(lo, hi day, j int, kind string, p truce.Precision) (timeMention, bool)

// pastAt reads past 24 hours, last few days, recent weeks, last week.
func (a *analysis) pastAt(i int, w timeWord, at anchor) (timeMention, bool) {
	d := a.t.date
	k := i + 1
	n := a.num(k)
	few := a.timeWord(k).kind == "few"
	if n > 0 || few {
		k++
	}
	u := a.timeWord(k)
	if u.kind == "past" { // Arabic, Russian: the adjective may follow
		k++
		u = a.timeWord(k)
	}
	if u.kind == "weekday" && w.kind == "past" && d != noDay {
		m := timeMention{weekday: u.n}
		m.resolve(d, false)
		return at(m.lo, m.hi, k+1, "weekday", truce.ToDay)
	}
	if u.kind == "daypart" && w.kind == "past" && n <= 0 {
		return at(d-1, d, k+1, "exact", truce.ToDay)
	}
	if u.kind != "unit" {
		return timeMention{}, false
	}
	plural := u.n < 0
	unit := max(u.n, -u.n) % 100
	if n > 0 && !few {
		if unit == unitHour {
			return at(d-day((n+23)/24), d, k+1, "recent", truce.ToDays)
		}
		return at(back(d, unit, n), d, k+1, "recent", precisionOf(unit))
	}
	if plural || few || w.kind == "recent" {
		switch unit {
		case unitHour:
			return at(d-1, d, k+1, "recent", truce.ToDays)
		case unitDay:
			return at(d-5, d, k+1, "recent", truce.ToDays)
		case unitWeek:
			return at(d-28, d, k+1, "recent", truce.ToWeeks)
		case unitMonth:
			return at(d-150, d, k+1, "recent", truce.Fuzzy)
		}
		return at(back(d, unitYear, 3), d, k+1, "recent", truce.Fuzzy)
	}
	if unit == unitHour {
		return at(d-1, d, k+1, "recent", truce.ToDays)
	}
	if unit == unitWeek && a.timeWord(k+1).kind == "of" {
		if n, size := a.monthAtWord(k + 2); n > 0 { // the last week of August
			m, ok := a.monthAt(k+2, size, n, "")
			m.lo, m.precision = max(m.lo, m.hi-6), truce.ToWeeks
			return m, ok
		}
	}
	return a.unitAt(d, unit, -1, k+1, at)
}

const (
	unitDay = iota + 1
	unitWeek
	unitMonth
	unitYear
	unitHour
)

func precisionOf(unit int) truce.Precision {
	return []truce.Precision{truce.ToDay, truce.ToDays, truce.ToWeeks, truce.Fuzzy, truce.ToYear, truce.ToDays}[unit]
}

func back(d day, unit, n int) day {
	switch unit {
	case unitDay:
		return d - day(n)
	case unitWeek:
		return d - day(7*n)
	case unitMonth:
		return d - day(30*n)
	case unitYear:
		return d - day(365*n)
	}
	return d - day((n+23)/24)
}

// unitAt is the calendar unit before, of or after d.
func (a *analysis) unitAt(d day, unit, shift, j int, at anchor) (timeMention, bool) {
	if d == noDay {
		return at(d, d, j, "recent", truce.Fuzzy)
	}
	y, m, _ := d.date()
	switch unit {
	case unitWeek:
		monday := d - day(d.weekday()-1) + day(7*shift)
		return at(monday, monday+6, j, "recent", truce.ToWeeks)
	case unitMonth:
		return at(dateOf(y, m+shift, 1), monthEnd(y, m+shift), j, "recent", truce.ToMonth)
	case unitYear:
		return at(dateOf(y+shift, 1, 1), monthEnd(y+shift, 12), j, "recent", truce.ToYear)
	}
	return at(d+day(shift), d+day(shift), j, "exact", truce.ToDay)
}

// agoAt reads N days ago, قبل ثلاثة أيام, and for N weeks.
func (a *analysis) agoAt(i int, at anchor) (timeMention, bool) {
	d := a.t.date
	k, before := i, false
	if a.timeWord(i).kind == "agofirst" {
		k, before = i+1, true
	}
	n := a.num(k)
	if n <= 0 && a.timeWord(k).kind == "one" {
		n = 1
	}
	if n <= 0 && before && a.timeWord(k).kind == "unit" { // قبل يومين
		k--
		n = 1
		if u := a.timeWord(k + 1); u.n > 100 {
			n = 2
		}
	}
	if n <= 0 || n > 400 {
		return timeMention{}, false
	}
	u := a.timeWord(k + 1)
	if u.kind != "unit" {
		return timeMention{}, false
	}
	unit := max(u.n, -u.n) % 100
	if before || a.timeWord(k+2).kind == "ago" {
		j := k + 2
		if !before {
			j++
		}
		then := back(d, unit, n)
		if unit == unitDay || unit == unitHour {
			return at(then, then, j, "exact", truce.ToDay)
		}
		spread := day(map[int]int{unitWeek: 3, unitMonth: 15, unitYear: 182}[unit])
		return at(then-spread, then+spread, j, "exact", precisionOf(unit))
	}
	if a.timeWord(i-1).kind == "for" {
		return at(back(d, unit, n), d, k+2, "ongoing-at", precisionOf(unit))
	}
	return timeMention{}, false
}

// resolve settles what depends on the tense: weekdays and missing years.
func (m *timeMention) resolve(d day, future bool) {
	if d == noDay {
		return
	}
	if m.weekday > 0 {
		diff := day(m.weekday - d.weekday())
		if future && diff < 0 {
			diff += 7
		} else if !future && diff > 0 {
			diff -= 7
		}
		m.lo, m.hi = d+diff, d+diff
	}
	if m.noMonth && (future && m.lo < d || !future && m.lo > d) {
		y, mo, dd := m.lo.date()
		if mo--; future {
			mo += 2
		}
		if at := dateOf(y, mo, dd); at <= monthEnd(y, mo) {
			m.lo, m.hi = at, at
		}
	}
	if m.due > 0 {
		last := m.lo + day(m.due-2)
		if m.lo = noDay; future && last >= d {
			m.lo = d
		}
		m.hi, m.due, m.weekday, m.noYear = last, 0, 0, false
	}
	if m.noYear && !future && m.lo > d+31 {
		y, mo, dd := m.lo.date()
		length := m.hi - m.lo
		m.lo = dateOf(y-1, mo, dd)
		m.hi = m.lo + length
	}
}
