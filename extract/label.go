package extract

import (
	"slices"

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
// events, OTHER (acled) or NONE (plover) where there is none. taxonomy must be
// one that HasTaxonomy knows.
func (e *Engine) Label(snippet, taxonomy string) string {
	claims := e.Claims(Doc{Text: snippet})
	if taxonomy == "plover" {
		return ploverOf(e, claims)
	}
	cues := e.cues(snippet)
	best := "OTHER"
	for _, c := range claims {
		if !c.Stance.Asserted() {
			continue
		}
		l := acledOf(e.dict.events[c.Event].acled, c, cues)
		if slices.Index(rank, l) < slices.Index(rank, best) {
			best = l
		}
	}
	if best == "OTHER" || best == "ATTACK" || best == "ARMED_CLASH" || best == "PROPERTY_DISTRUCT" || best == "ARREST" || best == "AGREEMENT" {
		if l := cues.label(best); l != "" {
			best = l
		}
	}
	return best
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
func acledOf(label string, c truce.Claim, q cues) string {
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
	case label == "ATTACK" && q.has("military-target"):
		return "ARMED_CLASH"
	}
	if c.Event == "territory_gained" && len(c.Actors) > 0 && stateOf(c.Actors[0].ID) != "" {
		return "GOV_REGAINS_TERIT"
	}
	return label
}

// cues are the sets of label words that a snippet holds.
type cues []string

func (q cues) has(name string) bool { return slices.Contains(q, name) }

// cues lists the sets named label-... whose words stand in the snippet.
func (e *Engine) cues(snippet string) cues {
	const prefix = "label-"
	w := &work{}
	l := e.dict.langs[e.Language(snippet)]
	if l == nil || !w.prepare(e, l, Doc{Text: snippet}) {
		return nil
	}
	var out cues
	for _, m := range w.t.ments {
		if m.cat == catSet && len(l.sets[m.ref]) > len(prefix) && l.sets[m.ref][:len(prefix)] == prefix {
			out = append(out, l.sets[m.ref][len(prefix):])
		}
	}
	return out
}

// label names what the words say where no frame of violence says more: of
// protests and mobs, of property, of moves without fighting.
func (q cues) label(best string) string {
	protest := q.has("protest")
	switch {
	case q.has("sexual"):
		return "SEX_VIOL"
	case q.has("disarm"):
		return "DISR_WEAP"
	case q.has("headquarters"):
		return "HQ_ESTABLISHED"
	case q.has("handover"):
		return "NON_VIOL_TERRIT_TRANSFER"
	case protest && q.has("lethal") && q.has("forces"):
		return "FORCE_AGAINST_PROTEST"
	case protest && q.has("disperse"):
		return "PROTEST_WITH_INTER"
	case q.has("mob"):
		return "MOB_VIOL"
	case protest && q.has("riot"):
		return "VIOL_DEMONSTR"
	case protest && best != "ARMED_CLASH":
		return "PEACE_PROTEST"
	case q.has("riot") && best == "OTHER":
		return "VIOL_DEMONSTR"
	case q.has("property") && best == "OTHER":
		return "PROPERTY_DISTRUCT"
	case q.has("regroup") && best == "OTHER":
		return "CHANGE_TO_GROUP_ACT"
	}
	return ""
}
