package extract

import (
	"cmp"
	"slices"
	"strings"

	"github.com/marchday/marchday/gazetteer"
	"github.com/marchday/marchday/truce"
)

// text is the state of one document in work. It is pooled.
type text struct {
	parts
	helps
	e     *Engine
	l     *language
	looks looks // nil of languages whose words are not written as they are sought
	src   string
	doc   Doc
	date  day
	mixed bool // the text has capitals and small letters

	toks  []token
	sents []sentence
	ments []mention

	holders  map[string]string // office -> id, as the text says
	surnames map[string]string // last word of a name -> id, "" if two share it
	changes  int               // of holders and surnames
	counts   []tally           // mentions of countries
	inFocus  string
	focused  bool

	lastPerson, lastGroup, lastBody who
	speaker                         source // who spoke last, for quotes that go on
	openQuote                       bool
	lastTime, nextTime              timeMention
	hasTime, nextSet                bool
	timeAt, placedAt                int                   // sentences of lastTime and placed
	placed                          []placeMention        // of the last sentence that had places
	cands                           []gazetteer.Candidate // of all places found
	out                             []found
}

// hold notes who holds an office.
func (t *text) hold(office, id string) {
	if t.holders == nil {
		t.holders = map[string]string{}
	}
	if t.holders[office] != id {
		t.holders[office] = id
		t.changes++
	}
}

func (t *text) holder(office string) string { return t.holders[office] }

// meet notes a person by surname. Two persons of one surname leave it open.
func (t *text) meet(surname, id string) {
	if t.surnames == nil {
		t.surnames = map[string]string{}
	}
	key := strings.ToLower(surname)
	old, ok := t.surnames[key]
	if ok && old == id {
		return
	}
	if ok {
		id = ""
	}
	if !ok || old != id {
		t.surnames[key] = id
		t.changes++
	}
}

func (t *text) surname(s string) string {
	if len(t.surnames) == 0 {
		return ""
	}
	return t.surnames[strings.ToLower(s)]
}

// count counts what speaks for a country being the text's subject.
func (t *text) count(country string) {
	if country == "" {
		return
	}
	for i := range t.counts {
		if t.counts[i].country == country {
			t.counts[i].n++
			return
		}
	}
	t.counts = append(t.counts, tally{country, 1})
}

// tally is how often a country is mentioned.
type tally struct {
	country string
	n       int
}

// focus is the one country that the text is about: at least half of all
// mentions and twice the next. Empty if no country is.
func (t *text) focus() string {
	if t.focused {
		return t.inFocus
	}
	t.focused = true
	all, best, second := 0, 0, 0
	name := ""
	slices.SortFunc(t.counts, func(a, b tally) int { return strings.Compare(a.country, b.country) })
	for _, c := range t.counts {
		n := c.n
		all += n
		if n > best {
			best, second, name = n, best, c.country
		} else if n > second {
			second = n
		}
	}
	if best*2 >= all && best >= 2*second && best > 0 {
		t.inFocus = name
	}
	return t.inFocus
}

// home is the country where a name is sought first: the one whose villages the
// gazetteer holds or the one in focus. Without capitals, names and words look
// alike, and the villages come first.
func (t *text) home() string {
	if t.l.cased {
		return cmp.Or(t.focus(), t.e.places.Home())
	}
	return cmp.Or(t.e.places.Home(), t.focus())
}

// instants turns days into the half-open interval of the engine's zone.
func (t *text) instants(lo, hi day) (from, to truce.Instant) {
	if lo != noDay {
		from = t.e.dayStart(lo)
	}
	if hi != noDay {
		to = t.e.dayStart(hi + 1)
	}
	return from, to
}

func (e *Engine) dayStart(d day) truce.Instant {
	i := truce.Instant(int64(d) * int64(truce.Day))
	if len(e.zone.Rules) == 0 {
		return i
	}
	from, _, err := e.zone.DayBounds(d.String())
	if err != nil {
		return i
	}
	return from
}

// dayOf is the day of an instant in the engine's zone.
func (e *Engine) dayOf(i truce.Instant) day {
	if i == 0 {
		return noDay
	}
	off, _ := e.zone.Offset(i)
	s := int64(i) + int64(off)
	if s < 0 {
		return day((s - int64(truce.Day) + 1) / int64(truce.Day))
	}
	return day(s / int64(truce.Day))
}

// detect tells the language of a text by its script and its commonest words.
func (d *dictionaries) detect(s string) string {
	var arabic, cyrillic, latin int
	const sample = 4000
	for i, r := range s {
		if i > sample {
			break
		}
		switch {
		case 0x0600 <= r && r <= 0x06FF:
			arabic++
		case r == 'і' || r == 'ї' || r == 'є' || r == 'ґ':
			cyrillic++
		case 0x0400 <= r && r <= 0x04FF:
			cyrillic++
		case 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || 0x00C0 <= r && r <= 0x024F:
			latin++
		}
	}
	switch {
	case arabic > cyrillic && arabic*2 > latin:
		return "ar"
	case cyrillic*2 > latin && cyrillic > 0:
		if strings.ContainsAny(s[:min(len(s), sample)], "іїєґ") && !strings.ContainsAny(s[:min(len(s), sample)], "ыэъё") {
			return "uk"
		}
		return "ru"
	}
	return latinLanguage(s[:min(len(s), sample)])
}

// stops are common words that tell the languages in Latin letters apart.
var stops = map[string][]string{
	"en": {"the", "of", "and", "to", "in", "was", "were", "said", "that", "for", "on", "with", "by", "has", "have", "from", "at", "is", "are", "be"},
	"fr": {"le", "la", "les", "des", "et", "du", "une", "dans", "est", "que", "pour", "sur", "par", "avec", "qui", "ont", "selon", "aux", "au", "été"},
	"es": {"el", "los", "las", "de", "y", "del", "una", "en", "que", "por", "con", "para", "según", "fue", "al", "se", "su", "han", "como", "más"},
	"tr": {"ve", "bir", "bu", "için", "ile", "olarak", "da", "de", "olan", "göre", "kadar", "sonra"},
	"de": {"der", "die", "das", "und", "ist", "nicht", "von", "mit", "den", "ein", "eine", "im", "auf", "für"},
}

// stopLanguages are the languages of every such word; longestStop is the bytes
// of the longest, as any spelling of it.
var stopLanguages, longestStop = func() (map[string][]string, int) {
	m, longest := map[string][]string{}, 0
	for _, lang := range sortedKeys(stops) {
		for _, w := range stops[lang] {
			m[w] = append(m[w], lang)
			longest = max(longest, len(w))
		}
	}
	return m, 3 * longest
}()

func latinLanguage(s string) string {
	counts := map[string]int{}
	for w := range strings.FieldsSeq(s) {
		w = strings.Trim(w, ".,;:\"'()")
		if len(w) > longestStop {
			continue
		}
		for _, lang := range stopLanguages[strings.ToLower(w)] {
			counts[lang]++
		}
	}
	best, n := "en", counts["en"]
	for _, lang := range sortedKeys(counts) {
		if counts[lang] > n {
			best, n = lang, counts[lang]
		}
	}
	return best
}

// glance looks at tokens i to j as a name.
func (t *text) glance(i, j int) *glance {
	s, e := t.span(i, j)
	return t.e.glance(t.src[s:e])
}
