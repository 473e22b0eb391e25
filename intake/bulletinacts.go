package intake

import (
	"regexp"
	"slices"
	"strings"

	"github.com/marchday/marchday/truce"
)

const placeName = `[A-Z][\p{L}'’\x60-]*(?:[ -][A-Z][\p{L}'’\x60-]*)*`

var (
	localTruce = regexp.MustCompile(`(?i)\b(?:signed|joined|concluded)\b.*\b(?:truce|reconciliation|ceasefire|cessation)`)
	notStruck  = regexp.MustCompile(`(?i)\b(?:did not|have not|has not|not) (?:strike|struck|deliver|delivered|carry out|carried out|make|made|conduct|conducted|attack)\b`)
	airForces  = regexp.MustCompile(`(?i)^(?:the )?(.*?\bair (?:force|forces|group|fleet)\b.*?) (?:did|have|has) not\b`)
	condition  = regexp.MustCompile(`(?i)\b(?:informed|reported|told|notified|gave|provided)\b.*\b(?:location|position|whereabouts|coordinates)`)
	received   = regexp.MustCompile(`^(?:(?:Residents|Inhabitants|People) of )?(?:the )?(` + placeName + `)(?: \(([^)]+)\))? (?:has|have) received (\d+(?:\.\d+)?) (?:tons?|tonnes?)(?: of ([^.]+))?`)

	fired     = regexp.MustCompile(`(?i)\b(?:fired|shelled|shelling|launched|attacked|attacks?|opened fire|struck|bombard(?:ed|ment)|mortared)\b`)
	toll      = regexp.MustCompile(`(?i)\b(?:killed|wounded|injured|died|casualties)\b`)
	fromForm  = regexp.MustCompile(`\bfrom (?:the )?(?:direction of )?(?:the )?(` + placeName + `)(?:,? (?:held|controlled) by (?:the )?([^,.(]+?)(?:,| at | on |$|\.))?`)
	atForm    = regexp.MustCompile(`\b(?:at|on|attacked|shelled|struck|bombarded|mortared) ([a-z][^.(]*?)(?: (?:in|near|(?:village|town|settlement|city|quarter)s? of) (?:the )?(` + placeName + `)|,| \(|\.|$)`)
	nearForm  = regexp.MustCompile(`\b(?:in|near|around|at) (?:the )?(?:towns? of |villages? of |settlements? of |city of )?(` + placeName + `)(?: (province|governorate))?`)
	inForm    = regexp.MustCompile(`^In (?:the )?(` + placeName + `) (?:province|governorate)`)
	endForm   = regexp.MustCompile(`\((` + placeName + `)(?: (?:province|governorate))?\)`)
	quoted    = regexp.MustCompile(`[«“"„]([^»”"]+)[»”"]`)
	unnamed   = regexp.MustCompile(`(?i)\b(?:unidentified|unknown|unnamed|illegal)\b`)
	repeated  = regexp.MustCompile(`(?i)\b(\d+|` + numberWords + `) (?:\p{L}+ ){0,2}?(?:attacks|shellings|times)\b`)
	clockSpan = regexp.MustCompile(`(?i)\bfrom (\d{1,2}[.:]\d{2})(?: ?(a\.m\.|p\.m\.))? (?:till|to|until) (\d{1,2}[.:]\d{2})(?: ?(a\.m\.|p\.m\.))?`)
	victims   = regexp.MustCompile(`(?i)\b(\d+|` + numberWords + `) ((?:\p{L}+ ){0,2}?)(?:(?:was|were|have been|has been) )?(killed|wounded|injured|died)\b`)
	victimsOf = regexp.MustCompile(`(?i)\b(killed|wounded|injured|killing|wounding|injuring) (\d+|` + numberWords + `) (\p{L}+)`)
)

// weaponPhrases are weapons as bulletins word them, longer ones first.
var weaponPhrases = []struct{ words, id string }{
	{"multiple launch rocket system", "mlrs"}, {"multiple rocket launcher", "mlrs"}, {"mlrs", "mlrs"}, {"rocket launcher", "mlrs"}, {"recoilless gun", "recoilless_gun"},
	{"machine gun", "machine_gun"}, {"machine-gun", "machine_gun"}, {"anti-tank", "atgm"}, {"mortar", "mortar"}, {"artillery", "artillery"},
	{"howitzer", "artillery"}, {"missile", "missile"}, {"rocket", "rocket"}, {"sniper", "sniper"}, {"grenade launcher", "grenade"}, {"small arms", "small_arms"}, {"tank", "tank"},
	{"air strike", "aircraft"}, {"airstrike", "aircraft"}, {"improvised", "improvised_rocket"}, {"car bomb", "car_bomb"},
}

// objectPhrases are what was hit as bulletins word it.
var objectPhrases = []struct{ words, id string }{
	{"hospital", "hospital"}, {"clinic", "clinic"}, {"school", "school"}, {"mosque", "place_of_worship"}, {"church", "place_of_worship"}, {"camp", "camp"},
	{"house", "housing"}, {"residential", "housing"}, {"quarter", "housing"}, {"market", "market"}, {"jail", "prison"}, {"prison", "prison"}, {"checkpoint", "checkpoint"},
	{"airfield", "airfield"}, {"airport", "infrastructure"}, {"position", "position"},
}

// act reads an act that is told, or the casualties of the one before.
func (p *bulletinReader) act(s sentence) error {
	if !fired.MatchString(s.text) {
		if last := p.lastAct(); last != nil && toll.MatchString(s.text) {
			last.Casualties = append(last.Casualties, casualtiesIn(s.text)...)
		}
		return nil
	}
	if s.section == preamble && p.total < 0 {
		return nil // a title
	}
	c := truce.Claim{Event: "attack", Stance: truce.Alleged, When: p.period, Side: truce.Impact, Casualties: casualtiesIn(s.text)}
	c.When.Wording = ""
	low := strings.ToLower(s.text)
	for _, w := range weaponPhrases {
		if strings.Contains(low, w.words) {
			low = strings.ReplaceAll(low, w.words, "") // a rocket launcher is no rocket besides
			if !slices.ContainsFunc(c.Weapons, func(r truce.Ref) bool { return r.ID == w.id }) {
				c.Weapons = append(c.Weapons, truce.Ref{ID: w.id, Text: w.words})
			}
		}
	}
	c.Event = eventBy(c.Weapons, low)
	c.Actors = []truce.Ref{actorIn(s.text)}
	p.placesIn(&c, s.text)
	if m := repeated.FindStringSubmatch(s.text); m != nil {
		c.Count, _, _, _ = count(m[1])
	}
	p.told += max(c.Count, 1)
	if m := clockSpan.FindStringSubmatch(s.text); m != nil {
		p.clock(&c.When, m)
	}
	return p.claim(c, s)
}

func eventBy(weapons []truce.Ref, low string) string {
	tree := truce.NewTree(truce.Taxonomy())
	for _, w := range weapons {
		switch {
		case w.ID == "aircraft":
			return "air_strike"
		case tree.Is(w.ID, "indirect_fire"):
			return "shelling"
		case tree.Is(w.ID, "small_arms"):
			return "gunfire"
		case tree.Is(w.ID, "explosive_device"):
			return "bombing"
		}
	}
	if strings.Contains(low, "shell") {
		return "shelling"
	}
	return "attack"
}

// lastAct is the newest claim, if it is of an act.
func (p *bulletinReader) lastAct() *truce.Claim {
	if n := len(p.report.Claims); n > 0 {
		if c := &p.report.Claims[n-1]; c.Form == truce.EventClaim && c.Side == truce.Impact {
			return c
		}
	}
	return nil
}

// actorIn names who is said to have done it, in the bulletin's words: a name
// in quotes, else the sentence's subject.
func actorIn(text string) truce.Ref {
	text = inForm.ReplaceAllString(text, "")
	subject := text
	if i := fired.FindStringIndex(text); i != nil {
		subject = text[:i[0]]
	}
	if m := quoted.FindStringSubmatch(subject); m != nil && !unnamed.MatchString(subject) {
		return truce.Ref{ID: "unknown", Text: m[1]}
	}
	subject = strings.TrimSpace(strings.TrimLeft(subject, ", "))
	for _, aux := range []string{" have", " has", " had", " were", " was"} {
		subject = strings.TrimSuffix(subject, aux)
	}
	if subject == "" {
		subject = "not named"
	}
	const longest = 200
	if len(subject) > longest {
		subject = strings.ToValidUTF8(subject[:longest], "")
	}
	return truce.Ref{ID: "unknown", Text: subject}
}

// placesIn reads where fire came from and who held that place, at what and
// where it fell, and the province.
func (p *bulletinReader) placesIn(c *truce.Claim, text string) {
	text = clockSpan.ReplaceAllString(text, "")
	province := ""
	if m := inForm.FindStringSubmatch(text); m != nil {
		province = m[1]
		text = strings.TrimPrefix(text, m[0])
	} else if m := endForm.FindStringSubmatch(text); m != nil {
		province = m[1]
	}
	if m := fromForm.FindStringSubmatch(text); m != nil {
		c.Origin = &truce.Where{Name: m[1], Relation: "in"}
		if holder := strings.TrimSpace(m[2]); holder != "" {
			c.Note = "Fired from " + m[1] + ", held by " + holder + ", as the bulletin says."
		}
		text = strings.Replace(text, m[0], " at ", 1)
	}
	where := truce.Where{Relation: "in"}
	if m := atForm.FindStringSubmatch(text); m != nil {
		low := strings.ToLower(m[1])
		for _, o := range objectPhrases {
			if c.Object == "" && strings.Contains(low, o.words) {
				c.Object = o.id
			}
		}
		if strings.Contains(low, "troops") || strings.Contains(low, "army") || strings.Contains(low, "forces") || strings.Contains(low, "militia") {
			c.Targets = []truce.Ref{{ID: "unknown", Text: strings.TrimSpace(m[1])}}
		}
		where.Name = m[2]
	}
	if where.Name == "" {
		for _, m := range nearForm.FindAllStringSubmatch(text, -1) {
			if m[2] == "" {
				where.Name = m[1]
			}
		}
	}
	if strings.Contains(text, "near "+where.Name) && where.Name != "" {
		where.Relation = "near"
	}
	if where.Name == "" {
		where.Name, where.Class = province, "adm1"
	}
	if where.Name != "" {
		c.Where = []truce.Where{where}
	}
	if province != "" && where.Name != province {
		c.Note = strings.TrimSpace(c.Note + " In the province of " + province + ".")
	}
}

// clock narrows a day to the hours that are told, in 24 hours or a.m. and p.m.
func (p *bulletinReader) clock(w *truce.When, m []string) {
	day := p.Zone.DayOf(w.From)
	from, err1 := p.minute(day, m[1], m[2]+m[4])
	to, err2 := p.minute(day, m[3], m[4])
	if err1 == nil && err2 == nil && to > from {
		w.From, w.To, w.Precision, w.Wording = from, to, truce.ToMinute, m[0]
	}
}

func (p *bulletinReader) minute(day, clock, half string) (truce.Instant, error) {
	w, err := dayIn(p.Zone, day, strings.Replace(clock, ".", ":", 1))
	if err != nil {
		return 0, err
	}
	if strings.HasPrefix(strings.ToLower(half), "p") && !strings.HasPrefix(clock, "12") {
		w.From += truce.Day / 2
	}
	return w.From, nil
}

// casualtiesIn reads figures in words. "Ones" are what those before were.
func casualtiesIn(text string) []truce.Casualty {
	if strings.Contains(strings.ToLower(text), "no casualties") {
		return []truce.Casualty{{Kind: truce.Killed, Qual: "exact", Text: "no casualties"}, {Kind: truce.Wounded, Qual: "exact", Text: "no casualties"}}
	}
	var all []truce.Casualty
	last := ""
	add := func(number, noun, verb, words string) {
		low, high, qual, ok := count(number)
		noun = strings.ToLower(strings.TrimSpace(noun))
		if !ok || strings.Contains(noun, "attack") || strings.Contains(noun, "shell") {
			return
		}
		if noun == "ones" || noun == "one" || noun == "more" || noun == "" {
			noun = last
		}
		last = noun
		k := truce.Casualty{Kind: truce.Killed, Low: low, High: high, Qual: qual, Text: words}
		if v := strings.ToLower(verb)[0]; v == 'w' || v == 'i' {
			k.Kind = truce.Wounded
		}
		switch {
		case strings.Contains(noun, "civilian"):
			k.Who, k.Status = "civilians", "civilian"
		case strings.Contains(noun, "child"):
			k.Who = "children"
		case strings.Contains(noun, "woman"), strings.Contains(noun, "women"):
			k.Who = "women"
		case strings.Contains(noun, "soldier"), strings.Contains(noun, "servic"), strings.Contains(noun, "fighter"), strings.Contains(noun, "militia"):
			k.Who, k.Status = "fighters", "combatant"
		}
		all = append(all, k)
	}
	found := victims.FindAllStringSubmatch(text, -1)
	for _, m := range found {
		add(m[1], m[2], m[3], m[0])
	}
	if len(found) == 0 {
		for _, m := range victimsOf.FindAllStringSubmatch(text, -1) {
			add(m[2], m[3], m[1], m[0])
		}
	}
	return all
}

// joined reads that a place joined a local truce, as the centre says.
func (p *bulletinReader) joined(s sentence) error {
	c := truce.Claim{Event: "truce_acceptance", Stance: truce.Stated, When: p.period}
	c.When.Wording = ""
	if m := placeInForm.FindStringSubmatch(s.text); m != nil {
		c.Where = []truce.Where{{Name: m[1], Relation: "in"}}
		if m[2] != "" {
			c.Note = "In the province of " + province(m[2]) + "."
		}
	}
	return p.claim(c, s)
}

var placeInForm = regexp.MustCompile(`\b(?:of|in) (?:the )?(?:towns? of |villages? of |settlements? of )?(` + placeName + `)(?: \(([^)]+)\))?`)

// aid reads a delivery.
func (p *bulletinReader) aid(s sentence) error {
	m := received.FindStringSubmatch(s.text)
	if m == nil {
		return nil
	}
	c := truce.Claim{Event: "aid_delivery", Stance: truce.Stated, When: p.period, Where: []truce.Where{{Name: m[1], Relation: "in"}}}
	c.When.Wording = ""
	c.Note = strings.TrimSpace(m[3] + " tons of " + m[4])
	if m[4] == "" {
		c.Note = m[3] + " tons"
	}
	if m[2] != "" {
		c.Note += ", in the province of " + province(m[2])
	}
	c.Note += "."
	return p.claim(c, s)
}

// notStruck reads the standing sentence of a guarantor about its own air force:
// a denial with a condition. Which air forces are named differs from day to day
// and is kept.
func (p *bulletinReader) notStruck(s sentence) error {
	c := truce.Claim{Event: "air_strike", Form: truce.Denial, Stance: truce.Denied, When: p.period}
	c.When.Wording = ""
	if m := airForces.FindStringSubmatch(s.text); m != nil {
		c.Actors = []truce.Ref{{ID: "unknown", Text: m[1]}}
	}
	c.Premises = []truce.Premise{{Name: "keeps-the-truce", Holds: true, Note: "said of the groups that were not struck"}}
	if condition.MatchString(s.text) {
		c.Premises = append(c.Premises, truce.Premise{Name: "location-notified", Holds: true, Note: "said of the groups that were not struck"})
	}
	return p.claim(c, s)
}
