package extract

import (
	"errors"
	"slices"
	"strings"
	"unicode"

	"github.com/marchday/marchday/truce"
)

// HasTaxonomy reports whether Label knows a taxonomy: acled, acled-30, plover.
func HasTaxonomy(name string) bool {
	return slices.Contains([]string{"acled", "acled-30", "plover"}, name)
}

// rank orders claims by how surely they are what a snippet is about: the act
// before its aftermath, weapons before the mere clash or attack.
var rank = []string{
	"SUIC_BOMB", "CHEM_WEAP", "SEX_VIOL", "AIR_STRIKE", "ART_MISS_ATTACK", "REM_EXPLOS", "GRENADE", "ABDUCT_DISSAP", "DISR_WEAP", "HQ_ESTABLISHED", "GOV_REGAINS_TERIT", "NON_STATE_ACTOR_OVERTAKES_TER",
	"NON_VIOL_TERRIT_TRANSFER", "FORCE_AGAINST_PROTEST", "MOB_VIOL", "VIOL_DEMONSTR", "PROTEST_WITH_INTER", "PEACE_PROTEST", "ARMED_CLASH", "ATTACK", "PROPERTY_DISTRUCT", "ARREST", "AGREEMENT", "CHANGE_TO_GROUP_ACT",
	"ORG_CRIME", "NATURAL_DISASTER", "MAN_MADE_DISASTER", "DIPLO", "ATTRIB", "OTHER",
}

// Label names the one type of a snippet in a taxonomy: the best of its main
// events, sharpened by the cues of labels.tsv, OTHER (acled) or NONE (plover)
// where there is none. taxonomy must be one that HasTaxonomy knows.
func (e *Engine) Label(snippet, taxonomy string) string {
	claims := e.Claims(Doc{Text: snippet})
	if taxonomy == "plover" {
		return ploverOf(e, claims)
	}
	q := e.cues(snippet)
	best := "OTHER"
	for _, c := range claims {
		if !c.Stance.Asserted() {
			continue
		}
		l := acledOf(e.dict.events[c.Event].acled, c)
		if slices.Index(rank, l) < slices.Index(rank, best) {
			best = l
		}
	}
	return q.sharpen(best)
}

// ploverOf is the type of the first claim of the strongest family.
func ploverOf(e *Engine, claims []truce.Claim) string {
	best, at := "NONE", 100
	for _, c := range claims {
		if c.Plover == "NONE" {
			continue
		}
		r := slices.Index([]string{"violence", "aid", "territory", "border", "truce", "talks", "monitoring", "speech"}, e.dict.events[c.Event].family)
		if r < at {
			best, at = c.Plover, r
		}
	}
	return best
}

// acledOf sharpens an event's label by its weapons and by who did it to whom.
func acledOf(label string, c truce.Claim) string {
	has := func(node string) bool {
		return slices.ContainsFunc(c.Weapons, func(w truce.Ref) bool { return taxonomy.Is(w.ID, node) })
	}
	violent := label == "ATTACK" || label == "ARMED_CLASH" || label == "REM_EXPLOS" || label == "ART_MISS_ATTACK" || label == "AIR_STRIKE"
	switch {
	case !violent:
	case has("suicide_bomb"):
		return "SUIC_BOMB"
	case has("chemical"):
		return "CHEM_WEAP"
	case has("air_delivered"):
		return "AIR_STRIKE"
	case has("indirect_fire") && label != "REM_EXPLOS":
		return "ART_MISS_ATTACK"
	case has("explosive_device"):
		return "REM_EXPLOS"
	case has("grenade"):
		return "GRENADE"
	}
	if c.Event == "territory_gained" && len(c.Actors) > 0 && stateOf(c.Actors[0].ID) != "" {
		return "GOV_REGAINS_TERIT"
	}
	return label
}

// cue is a row of labels.tsv.
type cue struct {
	name  string
	words []string // each between blanks; without the last one where any ending will do
}

// addLabel: name, words.
func (l *language) addLabel(c []string) error {
	if len(c) < 2 {
		return errors.New("a cue is: name, words with |")
	}
	q := cue{name: c[0]}
	for _, w := range alternatives(c[1], "|") {
		word := strings.TrimSuffix(" "+w+" ", "* ")
		q.words = append(q.words, strings.ReplaceAll(word, "* ", "\x00"))
	}
	l.labels = append(l.labels, q)
	return nil
}

// cues holds, for the cues of a snippet, where each stands first.
type cues map[string]int

func (q cues) has(names ...string) bool {
	for _, n := range names {
		if _, ok := q[n]; !ok {
			return false
		}
	}
	return true
}

// cues lists the cues whose words stand in the snippet.
func (e *Engine) cues(snippet string) cues {
	l := e.dict.langs[e.Language(snippet)]
	if l == nil || len(l.labels) == 0 {
		return nil
	}
	text := " " + strings.Join(strings.FieldsFunc(strings.ToLower(snippet), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ") + " "
	q := cues{}
	for _, c := range l.labels {
		for _, w := range c.words {
			at := cueAt(text, w)
			if old, known := q[c.name]; at >= 0 && (!known || at < old) {
				q[c.name] = at
			}
		}
	}
	return q
}

// cueAt finds the words of a cue in a text; a zero byte in them stands for the
// end of a word, whatever it is.
func cueAt(text, words string) int {
	head, rest, parted := strings.Cut(words, "\x00")
	for from := 0; ; {
		at := strings.Index(text[from:], head)
		if at < 0 {
			return -1
		}
		at += from
		if !parted {
			return at
		}
		end := at + len(head)
		blank := strings.IndexByte(text[end:], ' ')
		if blank >= 0 && strings.HasPrefix(text[end+blank+1:], rest) {
			return at
		}
		from = at + 1
	}
}

// sharpen names the label that cues and the best claim give together: weapons
// before acts, acts before their aftermath.
func (q cues) sharpen(best string) string {
	switch {
	case q.has("sexual"):
		return "SEX_VIOL"
	case q.has("suicide"):
		return "SUIC_BOMB"
	case q.has("chemical"):
		return "CHEM_WEAP"
	case q.has("protest"):
		return q.ofProtest(best)
	case q.has("mob") && !q.has("armed"), q.has("factions", "clash") && !q.has("armed"):
		return "MOB_VIOL"
	case q.has("factions", "clash") && (best == "REM_EXPLOS" || best == "ATTACK"), q.has("clash", "armed") && best == "ATTACK":
		return "ARMED_CLASH"
	case best == "AIR_STRIKE" || best == "ART_MISS_ATTACK":
		return best
	case q.has("disarm"):
		return "DISR_WEAP"
	case q.has("headquarters"):
		return "HQ_ESTABLISHED"
	case q.has("grenade"):
		return "GRENADE"
	case q.has("abduct"):
		return "ABDUCT_DISSAP"
	case q.has("arrest", "overtake") && !q.has("regain") && q["arrest"] <= q["overtake"]:
		return "ARREST"
	}
	return q.ofGround(best)
}

// ofProtest parts protests by who did what to whom.
func (q cues) ofProtest(best string) string {
	switch {
	case q.has("lethal") && (best == "ATTACK" || best == "ARMED_CLASH" || best == "OTHER"):
		return "FORCE_AGAINST_PROTEST"
	case q.has("riot"):
		return "VIOL_DEMONSTR"
	case q.has("disperse"):
		return "PROTEST_WITH_INTER"
	case best == "ATTACK" && q.has("kill"):
		return "FORCE_AGAINST_PROTEST"
	case best == "ARMED_CLASH" || best == "REM_EXPLOS" || best == "GRENADE" || best == "AIR_STRIKE" || best == "ART_MISS_ATTACK":
		return best
	}
	return "PEACE_PROTEST"
}

// ofGround parts what happens to land, property and people, and falls back on
// the cues where no claim was read.
func (q cues) ofGround(best string) string {
	ground := q.has("regain") || q.has("overtake") && (best == "OTHER" || best == "ARMED_CLASH" || best == "NON_STATE_ACTOR_OVERTAKES_TER" || best == "GOV_REGAINS_TERIT")
	switch {
	case q.has("handover") && (ground || best == "OTHER" || best == "AGREEMENT" || best == "NON_STATE_ACTOR_OVERTAKES_TER"):
		return "NON_VIOL_TERRIT_TRANSFER"
	case q.has("regain"):
		return "GOV_REGAINS_TERIT"
	case ground && q.has("government") && q["government"] < q["overtake"]:
		return "GOV_REGAINS_TERIT"
	case best == "NON_STATE_ACTOR_OVERTAKES_TER" || best == "GOV_REGAINS_TERIT":
		return best
	case ground && !q.has("arrest") && !q.has("deal"):
		return "NON_STATE_ACTOR_OVERTAKES_TER"
	case best != "OTHER":
		return best
	}
	for _, c := range []struct{ cue, label string }{
		{"riot", "VIOL_DEMONSTR"}, {"air", "AIR_STRIKE"}, {"artillery", "ART_MISS_ATTACK"}, {"remote", "REM_EXPLOS"}, {"clash", "ARMED_CLASH"}, {"deal", "AGREEMENT"}, {"property", "PROPERTY_DISTRUCT"},
		{"kill", "ATTACK"}, {"arrest", "ARREST"}, {"regroup", "CHANGE_TO_GROUP_ACT"},
	} {
		if q.has(c.cue) && !(c.cue == "riot" && !q.has("factions")) {
			return c.label
		}
	}
	return best
}
