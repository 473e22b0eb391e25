package extract

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// slot is a place in a clause that a frame reads a role from.
type slot uint32

const (
	slotSubj slot = 1 << iota
	slotObj
	slotBy
	slotOf
	slotPoss // possessive or noun in front: Russia's strikes, army fire
	slotWith
	slotAgainst
	slotFrom
	slotFor
	slotOn
	slotTo
	slotIn
	slotBetween
	slotOver
	slotSpeaker
	slotPre    // any noun in front, for needs
	slotAnd    // what is joined to the trigger noun
	slotSelf   // the trigger's own words
	slotClause // the subject of the verb over a noun
)

var slotNames = map[string]slot{
	"subj": slotSubj, "obj": slotObj, "by": slotBy, "of": slotOf, "poss": slotPoss, "with": slotWith, "against": slotAgainst, "from": slotFrom, "for": slotFor,
	"on": slotOn, "to": slotTo, "in": slotIn, "between": slotBetween, "over": slotOver, "speaker": slotSpeaker, "pre": slotPre, "and": slotAnd, "self": slotSelf, "at": slotIn, "post": slotOf, "clause": slotClause,
}

// need is a condition on what fills a slot: one of the sets, or none of them.
type need struct {
	slots slot
	sets  []int32
	cats  []category // weapon:..., actor, agent
	nodes []string   // of the taxonomy, for {weapon:x}
	any   bool       // {some}: filled at all
	place bool       // {place}: what a word for places stands before, or a place that is known
	not   bool
}

// frame is one way in which words name an event.
type frame struct {
	name, event     string
	rule            string // as claims name it
	future, negated string // the event's name where it is planned, and where it is denied to be
	needs           []need
	actor, target   []slot
	reciprocal      bool
	crosses         bool
	given           bool   // the words presuppose it: no wish or plan over them changes that
	mirror          string // a second event, actor and target exchanged
	stance          string // the stance that the words themselves carry
	trend           string
	only            string // the one stance that the frame is for, empty for all
	prior           int32
	yes, no         int // tests
}

// trigger is a word or phrase that opens a frame.
type trigger struct {
	frame int32
	verb  int32   // lemma; 0 for a noun or fixed phrase
	rest  []int32 // words after the verb
	gap   bool    // an object may stand between verb and rest
	fixed bool    // a phrase that is neither
	part  bool    // of a verb: the participle alone, as an adjective
}

const (
	defaultPrior = 850
	maxGap       = 9 // tokens between a verb and its particle
)

// readFrames reads the blocks of a frames.txt.
func (d *dictionaries) readFrames(name, code, content string) error {
	l := d.lang(code)
	cur := int32(-1)
	err := d.eachLine(name, content, func(n int, s string) error {
		if strings.HasPrefix(strings.TrimSpace(s), "#") {
			return nil
		}
		if rest, ok := strings.CutPrefix(s, "frame "); ok {
			cur = int32(len(l.frames))
			l.frames = append(l.frames, frame{name: strings.TrimSpace(rest), rule: "frame." + code + "." + strings.TrimSpace(rest), event: strings.TrimSpace(rest), prior: defaultPrior})
			return nil
		}
		if cur < 0 {
			return errors.New("a line stands before the first frame")
		}
		s = strings.TrimSpace(s)
		if rest, ok := strings.CutPrefix(s, "test "); ok {
			if strings.HasSuffix(rest, "-> none") {
				l.frames[cur].no++
			} else {
				l.frames[cur].yes++
			}
			return d.addTest(name, n, code, l.frames[cur].name, rest)
		}
		key, value, ok := strings.Cut(s, ":")
		if !ok {
			return fmt.Errorf("%q: a line of a frame is key: value", s)
		}
		return d.frameLine(l, cur, strings.TrimSpace(key), strings.TrimSpace(value))
	})
	if err != nil {
		return err
	}
	for _, f := range l.frames {
		if f.yes == 0 || f.no == 0 {
			return fmt.Errorf("dictionary %s: frame %s has %d tests that it fits and %d that it does not: give one of each at least", name, f.name, f.yes, f.no)
		}
	}
	return nil
}

func (d *dictionaries) frameLine(l *language, cur int32, key, value string) error {
	f := &l.frames[cur]
	switch key {
	case "event", "future", "negated", "mirror":
		if _, ok := d.events[value]; !ok {
			return fmt.Errorf("%s %q is not in events.tsv", key, value)
		}
		switch key {
		case "event":
			f.event = value
		case "future":
			f.future = value
		case "negated":
			f.negated = value
		case "mirror":
			f.mirror = value
		}
	case "verb", "noun", "phrase", "part":
		for _, w := range alternatives(value, ",") {
			if err := l.addTrigger(cur, key, w); err != nil {
				return err
			}
		}
	case "need", "not":
		n, err := l.parseNeed(value)
		if err != nil {
			return err
		}
		n.not = key == "not"
		f.needs = append(f.needs, n)
	case "actor", "target":
		for _, w := range strings.Fields(value) {
			s, ok := slotNames[w]
			if !ok {
				return fmt.Errorf("%q is no slot", w)
			}
			if key == "actor" {
				f.actor = append(f.actor, s)
			} else {
				f.target = append(f.target, s)
			}
		}
	case "flag":
		f.reciprocal = f.reciprocal || strings.Contains(value, "reciprocal")
		f.given = f.given || strings.Contains(value, "given")
		f.crosses = f.crosses || strings.Contains(value, "cross")
	case "stance":
		f.stance = value
	case "only":
		f.only = value
	case "trend":
		f.trend = value
	case "prior":
		if _, err := fmt.Sscan(value, &f.prior); err != nil || f.prior < 0 || f.prior > 1000 {
			return fmt.Errorf("prior %q is no number per mille", value)
		}
	default:
		return fmt.Errorf("%q: a frame has event, verb, noun, phrase, part, need, not, actor, target, future, negated, mirror, flag, stance, only, trend, prior and test", key)
	}
	return nil
}

// addTrigger adds a verb ("walk out of", "bring * back on track"), a noun with
// its plural, a fixed phrase, or a participle.
func (l *language) addTrigger(cur int32, key, w string) error {
	ref := int32(len(l.triggers))
	t := trigger{frame: cur}
	switch key {
	case "noun", "phrase":
		t.fixed = key == "phrase"
		l.triggers = append(l.triggers, t)
		forms := []string{w}
		if key == "noun" {
			forms = l.plural(w)
		}
		for _, p := range forms {
			l.addPhrase(p, catTrigger, ref)
			l.nounEnd(p)
		}
		return nil
	}
	verb, rest, _ := strings.Cut(w, " ")
	t.verb = l.verb(verb)
	t.part = key == "part"
	if r, ok := strings.CutPrefix(rest, "* "); ok {
		t.gap, rest = true, r
	}
	t.rest = l.phrase(rest)
	l.triggers = append(l.triggers, t)
	l.verbs[t.verb] = append(l.verbs[t.verb], ref)
	return nil
}

// parseNeed reads "obj subj {truce} {talks}".
func (l *language) parseNeed(s string) (need, error) {
	var n need
	for _, w := range strings.Fields(s) {
		if set, ok := strings.CutPrefix(w, "{"); ok {
			set = strings.TrimSuffix(set, "}")
			switch {
			case set == "place":
				n.place = true
			case set == "some":
				n.any = true
			case set == "weapon":
				n.cats = append(n.cats, catWeapon)
			case strings.HasPrefix(set, "weapon:"):
				n.nodes = append(n.nodes, strings.TrimPrefix(set, "weapon:"))
			case set == "object":
				n.cats = append(n.cats, catObject)
			case set == "actor":
				n.cats = append(n.cats, catActor, catAgent, catDemonym, catRole)
			case set == "people":
				n.cats = append(n.cats, catAgent)
			default:
				i := slices.Index(l.sets, set)
				if i < 0 {
					return n, fmt.Errorf("{%s} is not in sets.txt", set)
				}
				n.sets = append(n.sets, int32(i))
			}
			continue
		}
		sl, ok := slotNames[w]
		if !ok {
			return n, fmt.Errorf("%q is no slot", w)
		}
		n.slots |= sl
	}
	if n.slots == 0 || len(n.sets)+len(n.cats)+len(n.nodes) == 0 && !n.any && !n.place {
		return n, errors.New("a condition is slots and sets: obj subj {truce}")
	}
	return n, nil
}
