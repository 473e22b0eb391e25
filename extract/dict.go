package extract

import (
	"bufio"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/marchday/marchday/truce"
)

//go:embed dict
var embedded embed.FS

const (
	maxDictLine = 64 << 10
	maxDictFile = 64 << 20
)

// actor is somebody with a name.
type actor struct {
	id, kind, country string
	from, to          day
}

// agent is a noun for people of a role: army, police, rebels.
type agent struct {
	role   string // gov, mil, police, group, media, official, people
	plural bool
}

// role is an office that somebody holds, of a state or an organisation.
type role struct {
	slug     string
	of       string // id of the organisation, "*" for the state that is named beside it
	holder   string
	from, to day
}

// report is how a verb reports speech.
type report struct {
	class  string // neutral, confirm, accuse, deny, urge, speech
	stance truce.Stance
	known  bool
}

// governor puts what depends on it under a stance.
type governor struct {
	effect truce.Stance
	negate bool
	adj    bool // said of a subject: closing the border is urgent
	known  bool
}

type timeWord struct {
	kind string
	n    int
}

type numberWord struct {
	kind  string // num, mult, qual, hedge, collective
	lo    int32
	hi    int32
	qual  string
	known bool
}

// toll is a word that says what befell people.
type toll struct {
	kind truce.CasualtyKind
	side string // left, right, both: where its figure stands
	verb bool
}

// event is a row of events.tsv.
type event struct {
	name, family, plover, cameo, acled string
}

// dictTest is a test line that stands in a dictionary.
type dictTest struct {
	file     string
	line     int
	lang     string
	owner    string // name of the frame
	input    string
	want     string
	date     string
	negative bool
	folder   int // which folder it stands in: 0 is the embedded one
}

// dictionaries is everything loaded.
type dictionaries struct {
	langs     map[string]*language
	actors    []actor
	byActor   map[string]int32
	countries map[string]string // ISO alpha-3 -> alpha-2
	events    map[string]event
	tests     []dictTest
	digest    truce.Digest
	folder    int // being read
}

// load reads all folders in order and makes them ready.
func load(folders []fs.FS) (*dictionaries, error) {
	d, err := readAll(folders)
	if err != nil {
		return nil, err
	}
	d.ready()
	return d, nil
}

// ready freezes what was read.
func (d *dictionaries) ready() {
	for _, code := range d.codes() {
		d.langs[code].finish()
	}
}

// readAll reads all folders in order, and in each the files in a fixed order:
// the tables that other files refer to first.
func readAll(folders []fs.FS) (*dictionaries, error) {
	d := &dictionaries{langs: map[string]*language{}, byActor: map[string]int32{}, countries: map[string]string{}, events: map[string]event{}}
	var sums strings.Builder
	for n, dir := range folders {
		d.folder = n
		files, err := listDict(dir)
		if err != nil {
			return nil, err
		}
		for _, name := range files {
			b, err := fs.ReadFile(dir, name)
			if err != nil {
				return nil, fmt.Errorf("dictionary %s: %w", name, err)
			}
			if len(b) > maxDictFile {
				return nil, fmt.Errorf("dictionary %s is over the limit of %d bytes: split it", name, maxDictFile)
			}
			sums.WriteString(strconv.Itoa(n) + "/" + name + " " + truce.DigestOf(b).String() + "\n")
			if err := d.readFile(name, string(b)); err != nil {
				return nil, err
			}
		}
	}
	d.digest = truce.DigestOf([]byte(sums.String()))
	return d, nil
}

// codes returns the loaded languages in order.
func (d *dictionaries) codes() []string {
	var out []string
	for c := range d.langs {
		out = append(out, c)
	}
	slices.Sort(out)
	return out
}

// order of files by base name; the rest follows by name.
var fileOrder = []string{"countries.tsv", "events.tsv", "words.txt", "sets.txt", "numbers.tsv", "time.tsv", "agents.tsv", "actors.tsv", "roles.tsv"}

func listDict(dir fs.FS) ([]string, error) {
	var files []string
	err := fs.WalkDir(dir, ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && (strings.HasSuffix(name, ".tsv") || strings.HasSuffix(name, ".txt")) {
			files = append(files, name)
		}
		return err
	})
	rank := func(name string) int {
		if i := slices.Index(fileOrder, path.Base(name)); i >= 0 {
			return i
		}
		return len(fileOrder)
	}
	slices.SortFunc(files, func(a, b string) int {
		if x, y := rank(a), rank(b); x != y {
			return x - y
		}
		return strings.Compare(a, b)
	})
	return files, err
}

// lang returns the language that a file belongs to by its folder.
func (d *dictionaries) lang(code string) *language {
	l := d.langs[code]
	if l == nil {
		l = newLanguage(code)
		d.langs[code] = l
	}
	return l
}

// readFile reads one file by its base name.
func (d *dictionaries) readFile(name, content string) error {
	code := path.Base(path.Dir(name))
	base := path.Base(name)
	var line func(l *language, cols []string) error
	switch base {
	case "countries.tsv":
		line = func(_ *language, c []string) error { return d.addCountry(c) }
	case "actors.tsv":
		line = func(_ *language, c []string) error { return d.addActor(c) }
	case "events.tsv":
		line = func(_ *language, c []string) error { return d.addEvent(c) }
	case "frames.txt":
		return d.readFrames(name, code, content)
	case "words.txt":
		return d.readWords(name, code, content)
	case "sets.txt":
		line = (*language).addSet
	case "agents.tsv":
		line = (*language).addAgent
	case "roles.tsv":
		line = func(l *language, c []string) error { return d.addRole(l, c) }
	case "report.tsv":
		line = (*language).addReport
	case "govern.tsv":
		line = (*language).addGovernor
	case "time.tsv":
		line = (*language).addTime
	case "numbers.tsv":
		line = (*language).addNumber
	case "weapons.tsv":
		line = (*language).addWeapon
	case "objects.tsv":
		line = (*language).addObject
	case "tolls.tsv":
		line = (*language).addToll
	case "labels.tsv":
		line = (*language).addLabel
	case "fillers.tsv":
		line = (*language).addWeight
	case "discard.txt":
		line = func(l *language, c []string) error { l.addPhrase(c[0], catDiscard, 0); return nil }
	default:
		return fmt.Errorf("dictionary %s: no dictionary is called %q: see docs/dictionaries.md for the names", name, base)
	}
	var l *language
	if len(code) == 2 { // else a folder that only keeps files apart
		l = d.lang(code)
	} else if !slices.Contains([]string{"countries.tsv", "actors.tsv", "events.tsv"}, base) {
		return fmt.Errorf("dictionary %s: %s belongs into a language's folder: en/%s", name, base, base)
	}
	return d.eachLine(name, content, func(n int, s string) error {
		if rest, ok := strings.CutPrefix(s, "#test "); ok {
			return d.addTest(name, n, code, "", rest)
		}
		if strings.HasPrefix(s, "#") {
			return nil
		}
		cols := strings.Split(s, "\t")
		for i := range cols {
			cols[i] = strings.TrimSpace(cols[i])
		}
		return line(l, cols)
	})
}

// eachLine calls f for every line that is not empty, naming file and line in
// its errors.
func (d *dictionaries) eachLine(name, content string, f func(n int, line string) error) error {
	s := bufio.NewScanner(strings.NewReader(content))
	s.Buffer(nil, maxDictLine)
	for n := 1; s.Scan(); n++ {
		line := strings.TrimRight(s.Text(), " \r")
		if strings.TrimSpace(line) == "" {
			continue
		}
		if err := f(n, line); err != nil {
			return fmt.Errorf("dictionary %s:%d: %w", name, n, err)
		}
	}
	if err := s.Err(); err != nil {
		return fmt.Errorf("dictionary %s: %w", name, err)
	}
	return nil
}

// addTest parts a test line: "input" [D=2031-04-02 | @2031-04-02] -> wanted.
func (d *dictionaries) addTest(file string, n int, lang, owner, s string) error {
	in, want, ok := strings.Cut(s, "->")
	in, want = strings.TrimSpace(in), strings.TrimSpace(want)
	if !ok || len(in) < 2 || in[0] != '"' {
		return errors.New(`a test is "text" [D=2031-04-02] -> what is expected`)
	}
	end := strings.LastIndexByte(in, '"')
	if end == 0 {
		return errors.New("a test's text stands between quotation marks")
	}
	t := dictTest{file: file, line: n, lang: lang, owner: owner, input: in[1:end], want: want, date: "2031-09-16", negative: want == "none", folder: d.folder}
	if rest := strings.TrimSpace(in[end+1:]); rest != "" {
		date, ok := strings.CutPrefix(rest, "D=")
		if !ok {
			date, ok = strings.CutPrefix(rest, "@")
		}
		if !ok || parseDay(date) == noDay {
			return fmt.Errorf("%q after the text: write D=2031-04-02", rest)
		}
		t.date = date
	}
	d.tests = append(d.tests, t)
	return nil
}

// addCountry: alpha-2, alpha-3, names by language, adjectives by language,
// capitals that stand for the government by language.
func (d *dictionaries) addCountry(c []string) error {
	if len(c) < 3 || len(c[0]) != 2 {
		return errors.New("a country is: alpha-2, alpha-3, names, adjectives, capitals")
	}
	iso := c[0]
	d.countries[c[1]] = iso
	country := d.actor(actor{id: "country:" + iso, kind: "country", country: iso, from: noDay, to: noDay})
	d.alias(c[2], catActor, country)
	if len(c) > 3 {
		d.alias(c[3], catDemonym, country)
	}
	if len(c) > 4 && c[4] != "" {
		d.alias(c[4], catActor, d.actor(actor{id: "gov:" + iso, kind: "capital", country: iso, from: noDay, to: noDay}))
	}
	return nil
}

// actor returns the index of an actor, adding it. The same id may come again
// with other dates.
func (d *dictionaries) actor(a actor) int32 {
	key := a.id + "|" + a.kind + "|" + a.from.String() + "|" + a.to.String()
	if i, ok := d.byActor[key]; ok {
		return i
	}
	i := int32(len(d.actors))
	d.actors = append(d.actors, a)
	d.byActor[key] = i
	return i
}

// alias puts "en:A|en:B|ar:C" into the languages' tries.
func (d *dictionaries) alias(list string, cat category, ref int32) {
	for _, a := range alternatives(list, "|") {
		code, name, ok := strings.Cut(a, ":")
		if ok && len(code) == 2 {
			d.lang(code).addPhrase(name, cat, ref)
		}
	}
}

// addActor: id, label, kind, country, from, to, aliases, cameo.
func (d *dictionaries) addActor(c []string) error {
	if len(c) < 7 || !strings.Contains(c[0], ":") && c[0] != "both-sides" && c[0] != "all-sides" {
		return errors.New("an actor is: id (kind:name), label, kind, country, from, to, aliases (en:A|ar:B)")
	}
	a := actor{id: c[0], kind: c[2], country: c[3], from: parseDay(c[4]), to: parseDay(c[5])}
	if c[4] != "" && a.from == noDay || c[5] != "" && a.to == noDay || a.from != noDay && a.to != noDay && a.to < a.from {
		return fmt.Errorf("%s: from %q to %q are not two dates in order: write 2016-02-27 or leave them out", c[0], c[4], c[5])
	}
	d.alias(c[6], catActor, d.actor(a))
	return nil
}

// addEvent: name, family, plover, cameo, acled.
func (d *dictionaries) addEvent(c []string) error {
	if len(c) < 5 {
		return errors.New("an event is: name, family, plover, cameo, acled")
	}
	d.events[c[0]] = event{name: c[0], family: c[1], plover: c[2], cameo: c[3], acled: c[4]}
	return nil
}

// readWords reads lines "class: word, word".
func (d *dictionaries) readWords(name, code, content string) error {
	l := d.lang(code)
	tags := map[string]tagSet{
		"det": tagDet, "prep": tagPrep, "cc": tagCC, "be": tagBe, "have": tagHave, "do": tagDo, "modal": tagModal, "neg": tagNeg, "to": tagTo, "that": tagThat, "wh": tagWh,
		"sub": tagSub, "pron": tagPron, "adv": tagAdv, "noun": tagNoun, "adj": tagAdj, "title": tagTitle, "abbrev": tagAbbrev, "person": tagPerson | tagNoun, "cue": tagCue | tagNoun,
		"prepcue": tagCue | tagPrep,
	}
	return d.eachLine(name, content, func(_ int, s string) error {
		if strings.HasPrefix(s, "#") {
			return nil
		}
		class, list, ok := strings.Cut(s, ":")
		class, fills, _ := strings.Cut(class, ">")
		tag, known := tags[class]
		if !ok || !known && class != "verb" && class != "light" && class != "adverb" && class != "statement" {
			return fmt.Errorf("%q: a line is a class of words, a colon and words with commas", class)
		}
		for _, w := range alternatives(list, ",") {
			switch class {
			case "verb":
				l.verb(w)
				continue
			case "statement":
				l.statements[l.tag(w, tagNoun)] = true
				continue
			case "light":
				l.lights[l.verb(w)] = true
				continue
			case "adverb": // reportedly: alleged by one who is not named
				l.adverbs[l.tag(w, tagAdv)] = report{class: "adverb", stance: truce.Alleged, known: true}
				continue
			}
			id := l.tag(w, tag)
			if fills != "" {
				s, ok := slotNames[fills]
				if !ok {
					return fmt.Errorf("%q is no slot", fills)
				}
				l.fills[id] = s
			}
			if class == "noun" || class == "person" {
				if code == "en" {
					l.tag(third(w), tag)
				}
			}
		}
		return nil
	})
}

// addSet: name, forms.
func (l *language) addSet(c []string) error {
	if len(c) < 2 {
		return errors.New("a set is: name, forms with |")
	}
	ref := int32(slices.Index(l.sets, c[0]))
	if ref < 0 {
		ref = int32(len(l.sets))
		l.sets = append(l.sets, c[0])
	}
	for _, f := range alternatives(c[1], "|") {
		for _, p := range l.plural(f) {
			l.addPhrase(p, catSet, ref)
			l.nounEnd(p)
		}
	}
	return nil
}

// plural returns a noun and its plural in English, elsewhere the noun.
func (l *language) plural(s string) []string {
	if l.code != "en" || strings.HasSuffix(s, "s") && !strings.HasSuffix(s, "ss") {
		return []string{s}
	}
	if strings.HasSuffix(s, "man") {
		return []string{s, s[:len(s)-2] + "en"}
	}
	return []string{s, third(s)}
}

// nounEnd marks the last word of a phrase as a noun.
func (l *language) nounEnd(s string) {
	ids := l.phrase(s)
	last := s[strings.LastIndexByte(s, ' ')+1:]
	if len(ids) > 0 && last != "" && !(l.cased && startsUpper(last)) { // a name at its end is no noun
		l.info[ids[len(ids)-1]].tags |= tagNoun
	}
}

// addAgent: role, forms.
func (l *language) addAgent(c []string) error {
	if len(c) < 2 {
		return errors.New("an agent is: role, forms with |")
	}
	for _, f := range alternatives(c[1], "|") {
		for i, p := range l.plural(f) {
			ref := int32(len(l.agents))
			l.agents = append(l.agents, agent{role: c[0], plural: i > 0})
			l.addPhrase(p, catAgent, ref)
			l.nounEnd(p)
		}
	}
	return nil
}

// addRole: forms, of, holder, from, to, slug.
func (d *dictionaries) addRole(l *language, c []string) error {
	if l == nil || len(c) < 2 {
		return errors.New("a role is, in a language's folder: forms with |, organisation or *, holder, from, to")
	}
	for len(c) < 5 {
		c = append(c, "")
	}
	forms := alternatives(c[0], "|")
	if len(forms) == 0 {
		return errors.New("a role has no form")
	}
	r := role{of: c[1], holder: c[2], from: parseDay(c[3]), to: parseDay(c[4]), slug: slug(forms[0])}
	ref := int32(len(l.roles))
	l.roles = append(l.roles, r)
	for _, f := range forms {
		l.addPhrase(f, catRole, ref)
		l.nounEnd(f)
	}
	return nil
}

// addReport: verbs, class, stance.
func (l *language) addReport(c []string) error {
	if len(c) < 3 {
		return errors.New("a reporting verb is: verbs with |, class, stance")
	}
	for _, v := range alternatives(c[0], "|") {
		l.reports[l.verb(v)] = report{class: c[1], stance: truce.Stance(c[2]), known: true}
	}
	return nil
}

// addGovernor: kind (verb or noun), forms, effect.
func (l *language) addGovernor(c []string) error {
	if len(c) < 3 {
		return errors.New("a governor is: verb or noun, forms with |, effect")
	}
	g := governor{effect: truce.Stance(c[2]), known: true}
	if c[2] == "negated" {
		g = governor{negate: true, known: true}
	}
	for _, f := range alternatives(c[1], "|") {
		if c[0] == "verb" {
			l.governs[l.verb(f)] = g
			continue
		}
		g.adj = c[0] == "adj"
		ref := int32(len(l.governors))
		l.governors = append(l.governors, g)
		l.addPhrase(f, catGoverns, ref)
	}
	return nil
}

// addTime: forms, kind, n.
func (l *language) addTime(c []string) error {
	if len(c) < 2 {
		return errors.New("a time word is: forms with |, kind, number")
	}
	n := 0
	if len(c) > 2 && c[2] != "" {
		var err error
		if n, err = strconv.Atoi(c[2]); err != nil {
			return fmt.Errorf("%q is not a whole number", c[2])
		}
	}
	for _, f := range alternatives(c[0], "|") {
		l.times[l.tag(f, tagTime)] = timeWord{kind: c[1], n: n}
	}
	return nil
}

// addNumber: forms, kind, low, high.
func (l *language) addNumber(c []string) error {
	if len(c) < 3 {
		return errors.New("a number word is: forms with |, kind, low or qualifier, high")
	}
	if c[1] == "qual" {
		ref := int32(len(l.quals))
		l.quals = append(l.quals, c[2])
		for _, f := range alternatives(c[0], "|") {
			l.addPhrase(f, catQual, ref)
		}
		return nil
	}
	w := numberWord{kind: c[1], qual: c[2], lo: truce.Open, hi: truce.Open, known: true}
	if n, err := strconv.ParseInt(c[2], 10, 32); err == nil {
		w.lo, w.hi = int32(n), int32(n)
	}
	if len(c) > 3 {
		n, err := strconv.ParseInt(c[3], 10, 32)
		if err != nil {
			return fmt.Errorf("%q is not a whole number", c[3])
		}
		w.hi = int32(n)
	}
	for _, f := range alternatives(c[0], "|") {
		l.numbers[l.tag(f, tagNumber)] = w
	}
	return nil
}

// addWeapon: node of the taxonomy, forms.
func (l *language) addWeapon(c []string) error {
	return l.addNode(c, &l.weapons, catWeapon)
}

// addObject: node of the taxonomy, forms.
func (l *language) addObject(c []string) error {
	return l.addNode(c, &l.objects, catObject)
}

func (l *language) addNode(c []string, names *[]string, cat category) error {
	if len(c) < 2 || !taxonomy.Has(c[0]) {
		return fmt.Errorf("%q is no node of the taxonomy: a line is node, forms with |", c[0])
	}
	ref := int32(slices.Index(*names, c[0]))
	if ref < 0 {
		ref = int32(len(*names))
		*names = append(*names, c[0])
	}
	for _, f := range alternatives(c[1], "|") {
		for _, p := range l.plural(f) {
			l.addPhrase(p, cat, ref)
			l.nounEnd(p)
		}
	}
	return nil
}

// addToll: kind, verb or noun, side, forms.
func (l *language) addToll(c []string) error {
	if len(c) < 4 {
		return errors.New("a toll word is: kind, verb or word, side of its figure, forms with |")
	}
	k := truce.Casualty{Kind: truce.CasualtyKind(c[0])}
	if err := k.Validate(); err != nil {
		return err
	}
	ref := int32(len(l.tolls))
	l.tolls = append(l.tolls, toll{kind: k.Kind, side: c[2], verb: c[1] == "verb"})
	for _, f := range alternatives(c[3], "|") {
		if c[1] != "verb" {
			l.addPhrase(f, catToll, ref)
			continue
		}
		lemma := l.verb(f)
		for id := range l.info {
			if l.info[id].lemma == lemma && l.info[id].tags.has(tagVerb) {
				l.trie.add([]int32{int32(id)}, entry{cat: catToll, ref: ref})
			}
		}
	}
	return nil
}

// taxonomy is the published tree, made once and never changed.
var taxonomy = truce.NewTree(truce.Taxonomy())

// finish freezes a language after all files are read.
func (l *language) finish() {
	l.pack()
	l.trie.freeze(len(l.words))
	l.owners = [2]int32{l.find("its"), l.find("their")}
	l.finished = true
	for id := range l.info {
		w := &l.info[id]
		h := &w.heat
		if w.lemma != 0 && (l.reports[w.lemma].known || len(l.verbs[w.lemma]) > 0) {
			*h |= heatOpens
		}
		if l.adverbs[id].known {
			*h |= heatOpens | heatAdverb
		}
		if l.fills[id] == slotSpeaker {
			*h |= heatSpeaker
		}
		if id > 0 && (int32(id) == l.owners[0] || int32(id) == l.owners[1]) {
			*h |= heatOwner
		}
		if l.trie.first[id] != 0 {
			*h |= heatPhrase
		}
	}
	for _, w := range []string{"north", "south", "east", "west", "northern", "southern", "eastern", "western", "central", "northwestern", "northeastern", "southwestern", "southeastern", "downtown", "rural", "nearby", "neighboring", "neighbouring", "besieged", "held"} {
		if id := l.find(w); id != 0 {
			l.info[id].heat |= heatPoints
		}
	}
	l.of = l.find("of")
}

// slug makes an id's name of words.
func slug(s string) string {
	b := make([]byte, 0, len(s))
	for _, r := range latin(s) {
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			b = append(b, byte(r))
		case len(b) > 0 && b[len(b)-1] != '-':
			b = append(b, '-')
		}
	}
	return strings.TrimRight(string(b), "-")
}
