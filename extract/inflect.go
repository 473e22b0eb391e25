package extract

import (
	"strings"
	"unicode/utf8"

	"github.com/marchday/marchday/gazetteer"
)

// key returns the spelling under which a word of the language is looked up.
func (l *language) key(w string) string {
	switch l.code {
	case "ar":
		return gazetteer.Fold(w)
	case "ru", "uk":
		return stemRussian(foldWord(w))
	}
	return foldWord(w)
}

// foldWord is lower case without marks; points inside abbreviations stay.
func foldWord(w string) string {
	ascii := true
	for i := range len(w) {
		if w[i] >= utf8.RuneSelf || w[i] == '\'' {
			ascii = false
			break
		}
	}
	if ascii {
		return strings.ToLower(w)
	}
	if strings.HasSuffix(w, "n't") || strings.HasPrefix(w, "'") {
		return strings.ToLower(w)
	}
	if rest, ok := strings.CutSuffix(w, "n’t"); ok {
		return strings.ToLower(rest) + "n't"
	}
	return gazetteer.Fold(w)
}

// look finds the word's id. Only words short enough to be in a dictionary are
// sought.
func (l *language) look(w string, ascii bool, t *token) {
	if len(w) > maxWord {
		return
	}
	if ascii && l.code != "ru" && l.code != "uk" {
		var buf [maxWord]byte
		b := buf[:len(w)]
		for i := range len(w) {
			c := w[i]
			if isUpper(c) {
				c += 'a' - 'A'
			}
			b[i] = c
		}
		if t.word = l.find(string(b)); t.word == 0 && strings.IndexByte(w, '\'') >= 0 {
			t.word = l.find(foldWord(w))
		}
		return
	}
	find := func() {
		if l.code == "ar" {
			l.lookArabic(gazetteer.Fold(w), t)
		} else {
			t.word = l.find(l.key(w))
		}
	}
	if !l.finished {
		find() // words are still being added
		return
	}
	f := l.seen.get(w)
	if f == nil {
		was := t.flags
		t.flags = 0
		find()
		f = l.seen.put(w, func(f *wordForm) { *f = wordForm{t.word, t.flags} })
		t.flags = was
	}
	t.word, t.flags = f.word, t.flags|f.flags
}

// lookArabic tries the word as it stands, then without its clitics: w- f-,
// then b- l- k-, then al-, then a pronoun at the end.
func (l *language) lookArabic(w string, t *token) {
	id := l.find(w)
	known := id != 0
	if strings.HasPrefix(w, "ال") && !(known && l.info[id].tags&tagVerb != 0) {
		t.flags |= definite
	}
	if known {
		t.word = id
		return
	}
	type form struct {
		rest  string
		flags tokenFlag
	}
	forms := []form{{w, 0}}
	for _, c := range []struct {
		s string
		f tokenFlag
	}{{"و", cliticAnd}, {"ف", cliticAnd}} {
		if rest, ok := strings.CutPrefix(w, c.s); ok && utf8.RuneCountInString(rest) >= 2 {
			forms = append(forms, form{rest, c.f})
		}
	}
	for _, f := range forms {
		for _, c := range []struct {
			s, put string
			f      tokenFlag
		}{{"لل", "", cliticFor | definite}, {"ب", "", cliticIn}, {"ل", "", cliticFor}, {"ك", "", cliticAs}, {"س", "", 0}} {
			if rest, ok := strings.CutPrefix(f.rest, c.s); ok && utf8.RuneCountInString(rest) >= 2 {
				forms = append(forms, form{rest, f.flags | c.f})
			}
		}
	}
	for _, f := range forms {
		if l.settle(f.rest, f.flags, t) {
			return
		}
		if rest, ok := strings.CutPrefix(f.rest, "ال"); ok && utf8.RuneCountInString(rest) >= 2 && l.settle(rest, f.flags|definite, t) {
			return
		}
		if f.flags.has(definite) && l.settle("ال"+f.rest, f.flags, t) {
			return
		}
	}
	for _, f := range forms {
		if f.flags.has(definite) && l.settle(f.rest, f.flags, t) {
			return
		}
		for _, end := range []string{"هما", "ها", "هم", "هن", "نا", "ه", "ت", "ا", "وا"} {
			if rest, ok := strings.CutSuffix(f.rest, end); ok && utf8.RuneCountInString(rest) >= 3 {
				own := suffixed
				if end == "ا" {
					own = accusative
				}
				if l.settle(rest, f.flags|own, t) {
					return
				}
				if strings.HasSuffix(rest, "ت") && l.settle(strings.TrimSuffix(rest, "ت")+"ه", f.flags|suffixed, t) {
					return
				}
			}
		}
	}
	// unknown: keep what is sure, the article and the clitics before it
	for _, f := range forms {
		if f.flags != 0 && strings.HasPrefix(f.rest, "ال") {
			t.flags |= f.flags
			return
		}
	}
}

func (l *language) settle(w string, flags tokenFlag, t *token) bool {
	id := l.find(w)
	if id != 0 {
		t.word = id
		t.flags |= flags
	}
	return id != 0
}

// russianEndings of nouns and adjectives are cut, the longest that fits, so
// that all cases, genders and numbers of a word meet in one stem. Verbs stand in
// the dictionaries with their forms.
var russianEndings = []string{
	"шимися", "шегося", "шихся", "шаяся", "шийся", "шими", "шего", "шему", "шие", "ших", "ший", "шая", "шей", "шим",
	"иями", "иях", "иям", "ыми", "ими", "ого", "его", "ому", "ему", "ами", "ями",
	"ые", "ие", "ый", "ий", "ой", "ая", "яя", "ое", "ее", "ую", "юю", "ым", "им", "ом", "ем", "ах", "ях", "ам", "ям", "ов", "ев", "ей", "их", "ых", "ою", "ею", "ию", "ия", "ии", "ье", "ья", "ью",
	"а", "я", "о", "е", "ы", "и", "у", "ю", "ь", "й",
}

// stemRussian cuts one ending. Short words stay whole.
func stemRussian(w string) string {
	if utf8.RuneCountInString(w) <= 3 {
		return w
	}
	w = strings.ReplaceAll(w, "й", "и")
	best := w
	for _, end := range russianEndings {
		end = strings.ReplaceAll(end, "й", "и")
		if rest, ok := strings.CutSuffix(w, end); ok && len(rest) < len(best) && utf8.RuneCountInString(rest) >= 3 {
			best = rest
		}
	}
	return best
}

// conjugation is the forms of an English verb.
type conjugation struct{ base, third, past, part, ing string }

// conjugate makes the forms of a verb. An irregular one is written with its
// past and participle: break/broke/broken.
func conjugate(spec string) conjugation {
	parts := strings.Split(spec, "/")
	v := parts[0]
	c := conjugation{base: v, third: third(v), ing: ing(v)}
	if len(parts) == 3 {
		c.past, c.part = parts[1], parts[2]
		return c
	}
	c.past = past(v)
	c.part = c.past
	return c
}

func vowel(c byte) bool { return strings.IndexByte("aeiou", c) >= 0 }

// doubles reports whether the last consonant is doubled before an ending:
// stop, and in longer words those stressed at the end.
func doubles(v string) bool {
	n := len(v)
	if n < 3 || vowel(v[n-1]) || !vowel(v[n-2]) || vowel(v[n-3]) || strings.IndexByte("wxy", v[n-1]) >= 0 {
		return false
	}
	sounds := 0
	for i := range n {
		if vowel(v[i]) && (i == 0 || !vowel(v[i-1])) {
			sounds++
		}
	}
	if sounds == 1 {
		return true
	}
	for _, end := range []string{"mit", "cur", "fer", "pel", "bel", "gin", "rol", "nap"} {
		if strings.HasSuffix(v, end) && v != "offer" && v != "suffer" && v != "differ" {
			return true
		}
	}
	return false
}

func third(v string) string {
	switch {
	case strings.HasSuffix(v, "s"), strings.HasSuffix(v, "x"), strings.HasSuffix(v, "z"), strings.HasSuffix(v, "sh"), strings.HasSuffix(v, "ch"), strings.HasSuffix(v, "o"):
		return v + "es"
	case strings.HasSuffix(v, "y") && len(v) > 1 && !vowel(v[len(v)-2]):
		return v[:len(v)-1] + "ies"
	}
	return v + "s"
}

func past(v string) string {
	switch {
	case strings.HasSuffix(v, "e"):
		return v + "d"
	case strings.HasSuffix(v, "y") && len(v) > 1 && !vowel(v[len(v)-2]):
		return v[:len(v)-1] + "ied"
	case doubles(v):
		return v + v[len(v)-1:] + "ed"
	}
	return v + "ed"
}

func ing(v string) string {
	switch {
	case strings.HasSuffix(v, "ie"):
		return v[:len(v)-2] + "ying"
	case strings.HasSuffix(v, "e") && !strings.HasSuffix(v, "ee") && len(v) > 2:
		return v[:len(v)-1] + "ing"
	case doubles(v):
		return v + v[len(v)-1:] + "ing"
	}
	return v + "ing"
}

// verb puts all forms of a verb into the vocabulary and returns its lemma.
func (l *language) verb(spec string) int32 {
	switch l.code {
	case "ar":
		return l.verbArabic(spec)
	case "ru", "uk":
		return l.verbRussian(spec)
	}
	c := conjugate(spec)
	lemma := l.word(c.base)
	for _, f := range []struct {
		w string
		t tagSet
	}{{c.base, tagBase}, {c.third, tagThird}, {c.past, tagPast}, {c.part, tagPart}, {c.ing, tagIng}} {
		id := l.tag(f.w, f.t)
		if l.info[id].lemma == 0 || id == lemma {
			l.info[id].lemma = lemma
		}
	}
	return lemma
}

// verbArabic takes the past, third person singular, and makes the forms that
// reports use. Irregular forms follow after slashes; a form that begins with a
// caret is passive: one that begins with + is future or present.
func (l *language) verbArabic(spec string) int32 {
	parts := strings.Split(spec, "/")
	lemma := l.word(parts[0])
	put := func(w string, t tagSet) {
		id := l.tag(w, t)
		if l.info[id].lemma == 0 || id == lemma {
			l.info[id].lemma = lemma
		}
	}
	base := l.key(parts[0])
	for _, end := range []string{"", "ت", "وا"} {
		put(base+end, tagPast)
	}
	for _, f := range parts[1:] {
		switch {
		case strings.HasPrefix(f, "^"):
			put(f[1:], tagPast|tagPassive)
		case strings.HasPrefix(f, "+"):
			present := l.key(f[1:])
			put(present, tagBase)
			if rest, ok := strings.CutPrefix(present, "ي"); ok {
				put("ت"+rest, tagBase)
			}
			put(present+"ون", tagBase)
			put(present+"وا", tagBase)
		default:
			put(f, tagPast)
		}
	}
	return lemma
}

// verbRussian takes the forms of a verb, each of which is stemmed; one that
// begins with a caret is a passive participle, with + future, with = an
// adverbial or active participle.
func (l *language) verbRussian(spec string) int32 {
	parts := strings.Split(spec, "/")
	lemma := l.word(parts[0])
	for i, f := range parts {
		t := tagPast
		switch {
		case strings.HasPrefix(f, "^"):
			t, f = tagPast|tagPassive, f[1:]
		case strings.HasPrefix(f, "+"):
			t, f = tagBase|tagFuture, f[1:]
		case strings.HasPrefix(f, "="):
			t, f = tagIng, f[1:]
		}
		forms := []string{f}
		if stem, ok := strings.CutSuffix(f, "л"); ok && t == tagPast {
			forms = append(forms, stem+"ла", stem+"ло", stem+"ли")
		}
		for _, f := range forms {
			id := l.tag(f, t)
			if l.info[id].lemma == 0 || i == 0 {
				l.info[id].lemma = lemma
			}
		}
	}
	return lemma
}
