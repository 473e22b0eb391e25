package extract

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// Carried is what an importer made of another coder's dictionary.
type Carried struct {
	Name   string   // of the file that it became, in a folder of dictionaries
	Bytes  []byte   // the file
	Rows   int      // entries, nouns or verbs carried over
	Missed []string // what was not understood, by line
}

// Petrarch reads an actor, agent or verb file as PETRARCH and TABARI use them
// and writes it in our own form. Codes of CAMEO become ids by the code's first
// letters; what the forms of our dictionaries cannot say is left out and named.
// source goes into the head of the file.
func Petrarch(r io.Reader, source string) (Carried, error) {
	base, err := fs.Sub(embedded, "dict")
	if err != nil {
		return Carried{}, err
	}
	d, err := load([]fs.FS{base})
	if err != nil {
		return Carried{}, err
	}
	var lines []string
	s := bufio.NewScanner(io.LimitReader(r, maxDictFile))
	s.Buffer(nil, maxDictLine)
	for s.Scan() {
		lines = append(lines, strings.TrimRight(s.Text(), " \t\r"))
	}
	if err := s.Err(); err != nil {
		return Carried{}, err
	}
	p := petrarch{d: d, lines: lines}
	switch kind := kindOfPetrarch(lines); kind {
	case "verbs":
		p.out.Name = "en/frames.txt"
		err = p.verbs()
	case "agents":
		p.out.Name = "en/agents.tsv"
		p.agents()
	case "actors":
		p.out.Name = "actors.tsv"
		p.actors()
	default:
		err = errors.New("neither an actor, an agent nor a verb file: expected lines such as NAME_ [CODE], NOUN {NOUNS} [~CODE] or --- VERB [CODE] ---")
	}
	p.out.Bytes = []byte("# From " + oneLine(source) + ", carried over; see docs/dictionaries.md.\n" + p.b.String())
	return p.out, err
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// kindOfPetrarch tells the three sorts of files apart.
func kindOfPetrarch(lines []string) string {
	kind := ""
	for _, l := range lines {
		switch {
		case strings.HasPrefix(l, "---") && strings.Count(l, "---") > 1 && strings.Contains(l, "["):
			return "verbs"
		case strings.Contains(l, "[~") || strings.Contains(l, "~]"):
			return "agents"
		case strings.Contains(l, "[") && !strings.HasPrefix(l, "#"):
			kind = "actors"
		}
	}
	return kind
}

type petrarch struct {
	d     *dictionaries
	lines []string
	b     strings.Builder
	out   Carried
}

func (p *petrarch) miss(n int, why string) {
	p.out.Missed = append(p.out.Missed, fmt.Sprintf("line %d: %s: %.80s", n+1, why, strings.TrimSpace(p.lines[n])))
}

// uncomment cuts what stands behind # or ;.
func uncomment(l string) string {
	if i := strings.IndexAny(l, "#;"); i >= 0 {
		l = l[:i]
	}
	if strings.HasPrefix(strings.TrimSpace(l), "<!--") {
		l = ""
	}
	return strings.TrimRight(l, " \t")
}

// code cuts "[AFGMIL >20011222]" into the code and its dates.
func petrarchCode(l string) (code, dates string, ok bool) {
	i, j := strings.IndexByte(l, '['), strings.LastIndexByte(l, ']')
	if i < 0 || j < i {
		return "", "", false
	}
	code, dates, _ = strings.Cut(strings.TrimSpace(l[i+1:j]), " ")
	return strings.Trim(code, "~"), strings.TrimSpace(dates), code != ""
}

// actors reads entries of an actor file: names, then their roles over time.
func (p *petrarch) actors() {
	var names []string
	var roles []int // lines that hold a code
	flush := func() {
		p.entry(names, roles)
		names, roles = nil, nil
	}
	for n, raw := range p.lines {
		l := uncomment(raw)
		switch {
		case strings.TrimSpace(raw) == "":
			flush()
		case strings.TrimSpace(l) == "":
		case l[0] == ' ' || l[0] == '\t':
			roles = append(roles, n)
		case l[0] == '+':
			name, _, _ := strings.Cut(l[1:], "[")
			names = append(names, petrarchName(name))
		default:
			flush()
			name, _, coded := strings.Cut(l, "[")
			names = []string{petrarchName(name)}
			if coded {
				roles = append(roles, n)
			}
		}
	}
	flush()
}

// entry writes the rows of one entry, a row for each of its roles.
func (p *petrarch) entry(names []string, roles []int) {
	wrote := false
	for _, n := range roles {
		code, dates, ok := petrarchCode(uncomment(p.lines[n]))
		from, to, dated := petrarchDates(dates)
		switch {
		case !ok || len(names) == 0:
			p.miss(n, "no name or no code")
		case !dated:
			p.miss(n, "dates not understood")
		case !p.actor(names[0], names, code, from, to):
			p.miss(n, "a code without a country or body that we know")
		default:
			wrote = true
		}
	}
	if wrote {
		p.out.Rows++
	}
}

// petrarchName writes NAME_OF_ONE_ as people do: the words with capitals.
func petrarchName(s string) string {
	words := strings.FieldsFunc(s, func(r rune) bool { return r == '_' || r == ' ' || r == '\t' })
	for i, w := range words {
		if len(w) > 1 {
			words[i] = w[:1] + strings.ToLower(w[1:])
		}
	}
	return strings.Join(words, " ")
}

// petrarchDates reads >D, <D and D-D, of six or eight digits; two-digit years
// to 30 are of this century, as those programs read them.
func petrarchDates(s string) (from, to string, ok bool) {
	date := func(s string) string {
		s = strings.TrimSpace(s)
		if len(s) == 6 {
			if s[:2] <= "30" {
				s = "20" + s
			} else {
				s = "19" + s
			}
		}
		if len(s) != 8 {
			return ""
		}
		s = s[:4] + "-" + s[4:6] + "-" + s[6:]
		if parseDay(s) == noDay {
			return ""
		}
		return s
	}
	switch {
	case s == "":
		return "", "", true
	case s[0] == '>':
		from = date(s[1:])
		return from, "", from != ""
	case s[0] == '<':
		to = date(s[1:])
		return "", to, to != ""
	}
	a, b, _ := strings.Cut(s, "-")
	from, to = date(a), date(b)
	return from, to, from != "" && to != "" && from <= to
}

// actor writes a row for a code: ISO 3166 alpha-3, then the role.
func (p *petrarch) actor(label string, names []string, code, from, to string) bool {
	id, kind, country := p.idOf(label, code)
	if id == "" {
		return false
	}
	var aliases []string
	for _, n := range names {
		if n != "" && !strings.ContainsAny(n, "|:\t") && !slices.Contains(aliases, "en:"+n) {
			aliases = append(aliases, "en:"+n)
		}
	}
	if len(aliases) == 0 {
		return false
	}
	fmt.Fprintf(&p.b, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", id, label, kind, country, from, to, strings.Join(aliases, "|"), code)
	return true
}

func (p *petrarch) idOf(label, code string) (id, kind, country string) {
	name := slug(label)
	if name == "" || len(code) < 3 {
		return "", "", ""
	}
	iso, known := p.d.countries[code[:3]]
	switch rest := code[3:]; {
	case known && rest == "":
		return "country:" + iso, "country", iso
	case known && rest == "GOV":
		return "gov:" + iso, "gov", iso
	case known && rest == "MIL":
		return "mil:" + iso, "mil", iso
	case known && (strings.HasPrefix(rest, "REB") || strings.HasPrefix(rest, "SEP") || strings.HasPrefix(rest, "INS") || strings.HasPrefix(rest, "UAF") || strings.HasPrefix(rest, "OPP")):
		return "group:" + name, "group", iso
	case known && strings.HasPrefix(rest, "MED"):
		return "media:" + name, "media", iso
	case known:
		return "org:" + name, "org", iso
	case strings.HasPrefix(code, "IGO") || strings.HasPrefix(code, "IMG") || strings.HasPrefix(code, "NGO") || strings.HasPrefix(code, "NGM") || strings.HasPrefix(code, "MNC"):
		return "org:" + name, "org", ""
	case strings.HasPrefix(code, "UAF") || strings.HasPrefix(code, "REB"):
		return "group:" + name, "group", ""
	}
	return "", "", ""
}

// agentRoles says which role a noun of a code has.
var agentRoles = map[string]string{
	"GOV": "gov", "MIL": "mil", "COP": "police", "REB": "group", "SEP": "group", "INS": "group", "UAF": "group", "OPP": "group", "MED": "media",
	"CVL": "people", "REF": "people", "EDU": "people", "LAB": "people", "HLH": "people", "AGR": "people", "SOC": "people", "ELI": "official", "LEG": "official", "JUD": "official", "SPY": "official", "PTY": "official", "NGO": "official", "BUS": "people",
}

// agents reads an agent file: NOUN {PLURAL} [~CODE], and !SET! = A, B inside.
func (p *petrarch) agents() {
	sets := map[string][]string{}
	for n, raw := range p.lines {
		l := uncomment(raw)
		if strings.TrimSpace(l) == "" {
			continue
		}
		if name, list, ok := strings.Cut(l, "="); ok && strings.HasPrefix(strings.TrimSpace(l), "!") {
			for w := range strings.SplitSeq(list, ",") {
				sets[strings.TrimSpace(name)] = append(sets[strings.TrimSpace(name)], strings.TrimSpace(w))
			}
			continue
		}
		code, _, ok := petrarchCode(l)
		role := ""
		if ok && len(code) >= 3 {
			role = agentRoles[code[:3]]
		}
		if role == "" {
			p.miss(n, "a code that is no role of ours")
			continue
		}
		noun, _, _ := strings.Cut(l[:strings.IndexByte(l, '[')], "{")
		forms := []string{noun}
		for _, set := range slices.Sorted(maps.Keys(sets)) {
			if strings.Contains(noun, set) {
				forms = nil
				for _, w := range sets[set] {
					forms = append(forms, strings.ReplaceAll(noun, set, w))
				}
			}
		}
		for i, f := range forms {
			forms[i] = strings.ToLower(petrarchName(f))
		}
		forms = slices.DeleteFunc(forms, func(f string) bool { return f == "" || strings.ContainsAny(f, "|!") })
		if len(forms) == 0 {
			p.miss(n, "a noun that is not understood")
			continue
		}
		fmt.Fprintf(&p.b, "%s\t%s\n", role, strings.Join(forms, "|"))
		p.out.Rows++
	}
}

// petrarchEvents says which of our events a CAMEO code is, the longest that
// fits first; codes that are not here have none.
var petrarchEvents = []struct{ code, event string }{
	{"0871", "truce_agreed"}, {"036", "talks_planned"}, {"040", "meeting_held"}, {"041", "talks_held"}, {"042", "meeting_held"}, {"043", "meeting_held"}, {"045", "talks_held"}, {"046", "talks_held"}, {"051", "praise"}, {"073", "aid_delivery"},
	{"111", "condemn"}, {"13", "threat"}, {"173", "arrest"}, {"181", "abduction"}, {"183", "bombing"}, {"185", "killing"}, {"186", "killing"}, {"18", "attack"}, {"193", "gunfire"}, {"194", "shelling"}, {"195", "air_strike"}, {"196", "truce_violation"}, {"190", "attack"}, {"20", "killing"},
}

func (p *petrarch) eventOf(code string) string {
	for _, e := range petrarchEvents {
		if _, held := p.d.events[e.event]; held && strings.HasPrefix(code, e.code) {
			return e.event
		}
	}
	return ""
}

// verbs reads a verb file: of every block the verbs under its own code, and of
// its patterns those that only add words behind the verb.
func (p *petrarch) verbs() error {
	var block []string
	code := ""
	seen, pasts := map[string]bool{}, map[string]string{}
	add := func(n int, code, phrase string) {
		event := p.eventOf(code)
		verb, rest, _ := strings.Cut(phrase, " ")
		key := event + " " + phrase
		switch {
		case event == "":
			p.miss(n, "a code that is no event of ours")
		case !simpleWord(verb) || rest != "" && !simpleWord(strings.ReplaceAll(rest, " ", "")):
			p.miss(n, "a verb that is not understood")
		case !seen[key]:
			seen[key] = true
			p.frame(code, event, verb, rest, pasts[verb])
		}
	}
	for n, raw := range p.lines {
		l := strings.TrimSpace(uncomment(raw))
		switch {
		case l == "":
		case strings.HasPrefix(raw, "---"):
			code, _, _ = petrarchCode(l)
			block = nil
		case strings.HasPrefix(l, "&") || strings.HasPrefix(l, "+"):
			p.miss(n, "a set of synonyms: write it into sets.txt")
		case strings.HasPrefix(l, "-"):
			own, _, ok := petrarchCode(l)
			_, behind, star := strings.Cut(l[1:], "*")
			before := strings.TrimSpace(l[1 : 1+strings.IndexByte(l[1:]+"*", '*')])
			words := strings.ToLower(strings.TrimSpace(strings.Split(behind+"[", "[")[0]))
			if !ok || !star || before != "" || words == "" || !simpleWord(strings.ReplaceAll(words, " ", "")) {
				p.miss(n, "a pattern that the forms of our frames cannot say")
				continue
			}
			for _, v := range block {
				add(n, own, v+" "+words)
			}
		default:
			verb, forms, _ := strings.Cut(l, "{")
			if v := strings.ToLower(strings.TrimSpace(strings.Split(verb, "[")[0])); v != "" && code != "" && code != ":" {
				block = append(block, v)
				pasts[v] = irregular(v, forms)
				add(n, code, v)
			}
		}
	}
	return p.keepMet()
}

// simpleWord reports whether s is small Latin letters only.
func simpleWord(s string) bool {
	for _, r := range s {
		if r < 'a' || r > 'z' {
			return false
		}
	}
	return s != ""
}

// irregular returns the last of a verb's listed forms that is neither in -s nor
// in -ing: its past, where that is not the regular one.
func irregular(verb, forms string) string {
	was := ""
	for _, f := range strings.Fields(strings.ToLower(strings.Split(forms, "}")[0])) {
		if simpleWord(f) && !strings.HasSuffix(f, "ing") && !strings.HasSuffix(f, "s") && f != past(verb) {
			was = f
		}
	}
	return was
}

// frame writes a frame with a test of its own: what PETRARCH's files lack.
func (p *petrarch) frame(code, event, verb, rest, was string) {
	forms := verb
	if was == "" {
		was = past(verb)
	} else {
		forms = verb + "/" + was + "/" + was
	}
	name := "cameo_" + code + "_" + verb
	if rest != "" {
		name += "_" + strings.ReplaceAll(rest, " ", "_")
		rest = " " + rest
	}
	fmt.Fprintf(&p.b, "\nframe %s\n  event: %s\n  verb: %s%s\n  actor: subj by\n  target: obj\n  prior: 600\n  test \"The army %s%s the village on Monday\" -> event=%s\n  test \"The clerk slept all day in the village\" -> none\n", name, event, forms, rest, was, rest, event)
}

// keepMet leaves out the frames whose test is not met.
func (p *petrarch) keepMet() error {
	base, err := fs.Sub(embedded, "dict")
	if err != nil {
		return err
	}
	blocks := strings.Split(p.b.String(), "\nframe ")
	d, err := readAll([]fs.FS{base})
	if err != nil {
		return err
	}
	d.folder = 1
	if err := d.readFile("en/frames.txt", p.b.String()); err != nil {
		return err
	}
	d.ready()
	e := engineOf(d, Options{})
	failed := map[string]bool{}
	for _, t := range d.tests {
		if t.folder == 1 && e.runTest(t) != nil {
			failed[t.owner] = true
		}
	}
	p.b.Reset()
	for _, b := range blocks[1:] {
		name, _, _ := strings.Cut(b, "\n")
		if failed[name] {
			p.out.Missed = append(p.out.Missed, "frame "+name+": its test is not met: its verb has other forms, or another frame reads it")
			continue
		}
		p.out.Rows++
		p.b.WriteString("\nframe " + b)
	}
	return nil
}
