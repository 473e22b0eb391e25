package truce

// Kind names what sort of statement is made. A new meaning is a new kind or a
// new version, never a changed one.
type Kind string

// Group gathers the kinds that one part of the centre is about.
type Group string

// The groups of kinds.
const (
	GroupFounding    Group = "founding"
	GroupRegime      Group = "regime"
	GroupIntake      Group = "intake"
	GroupAnalysis    Group = "analysis"
	GroupDocket      Group = "docket"
	GroupTerritory   Group = "territory"
	GroupAccess      Group = "access"
	GroupTalks       Group = "talks"
	GroupPublication Group = "publication"
)

// Role says what an office is in the centre.
type Role string

// The roles of offices. There may be as many co-chairs as there are guarantors.
const (
	CoChair      Role = "co-chair"     // a guarantor's office; joint means all of these
	Mediator     Role = "mediator"     // proposes, breaks no tie
	Centre       Role = "centre"       // the sequencing desk: opens cases by rule, closes days
	Liaison      Role = "liaison"      // a party's officer
	Monitor      Role = "monitor"      // who watches, and who reports
	Humanitarian Role = "humanitarian" // asks for convoys and windows
)

// KindInfo is one row of the table of kinds.
type KindInfo struct {
	Kind    Kind
	Version int // the version that this release writes; 0 has no screen and is for a demo origin only
	Group   Group
	Who     []Role // the roles that may say it; empty is every office
	Binding bool   // needs an office key, held off the server
	TwoKey  bool   // in force only when every other co-chair concurred
	new     func() Body
}

func kind[B any, P interface {
	*B
	Body
}](version int, g Group, who ...Role) KindInfo {
	make := func() Body { return P(new(B)) }
	return KindInfo{Kind: make().Kind(), Version: version, Group: g, Who: who, new: make}
}

func (k KindInfo) binding() KindInfo { k.Binding = true; return k }
func (k KindInfo) twoKey() KindInfo  { k.Binding, k.TwoKey = true, true; return k }

// Kinds returns the table of all kinds, by group: the page of kinds, the
// decoder and the Book all read it.
func Kinds() []KindInfo {
	return []KindInfo{
		kind[Founding](1, GroupFounding, Centre).binding(),
		kind[Office](1, GroupFounding, CoChair).twoKey(),
		kind[KeyAct](1, GroupFounding, CoChair, Mediator, Centre).binding(),
		kind[Policy](1, GroupFounding, CoChair).twoKey(),
		kind[Method](1, GroupFounding, CoChair).twoKey(),
		kind[Procedure](1, GroupFounding, CoChair).twoKey(),
		kind[StatementWithdrawal](1, GroupFounding),
		kind[Translation](1, GroupFounding),
		kind[Erasure](1, GroupFounding),

		kind[Instrument](1, GroupRegime, CoChair, Mediator).binding(),
		kind[Term](1, GroupRegime, CoChair, Mediator).binding(),
		kind[Reading](1, GroupRegime, CoChair).binding(),
		kind[Actor](1, GroupRegime, CoChair, Mediator).binding(),
		kind[Membership](1, GroupRegime, CoChair, Mediator, Monitor),
		kind[Acceptance](1, GroupRegime, CoChair, Mediator).binding(),
		kind[Withdrawal](1, GroupRegime, CoChair, Mediator).binding(),
		kind[Designation](1, GroupRegime, CoChair, Mediator).binding(),
		kind[TruceSpan](1, GroupRegime, CoChair, Mediator, Liaison, Monitor),
		kind[Coverage](1, GroupRegime, CoChair, Mediator, Liaison, Monitor),

		kind[Report](1, GroupIntake),
		kind[Exhibit](1, GroupIntake),
		kind[Observation](1, GroupIntake),
		kind[Restriction](1, GroupIntake),
		kind[Watch](1, GroupIntake),
		kind[Call](1, GroupIntake, CoChair, Mediator, Centre),

		kind[ClaimEntry](1, GroupAnalysis, CoChair, Mediator, Centre, Monitor),
		kind[Same](1, GroupAnalysis, CoChair, Mediator, Centre),
		kind[Different](1, GroupAnalysis, CoChair, Mediator, Centre),
		kind[Grade](1, GroupAnalysis, CoChair, Mediator, Centre),

		kind[Case](1, GroupDocket, CoChair, Mediator, Centre),
		kind[Step](1, GroupDocket, CoChair, Mediator, Centre),
		kind[InformationRequest](1, GroupDocket, CoChair, Mediator),
		kind[Reply](1, GroupDocket, Liaison),
		kind[AssessmentSealed](1, GroupDocket, CoChair).binding(),
		kind[Assessment](1, GroupDocket, CoChair).binding(),
		kind[Proposal](1, GroupDocket, CoChair, Mediator),
		kind[Concurrence](1, GroupDocket, CoChair).binding(),
		kind[Dissent](1, GroupDocket, CoChair).binding(),
		kind[Reservation](1, GroupDocket, CoChair).binding(),
		kind[Referral](1, GroupDocket, CoChair, Mediator),
		kind[Reopening](1, GroupDocket, CoChair, Mediator).binding(),
		kind[Notice](1, GroupDocket, CoChair, Mediator, Centre),
		kind[Acknowledgement](1, GroupDocket),
		kind[Remedy](1, GroupDocket, CoChair, Mediator, Liaison),
		kind[DutyEntry](1, GroupDocket),
		kind[Handover](1, GroupDocket),
		kind[Takeover](1, GroupDocket),

		kind[Control](1, GroupTerritory),
		kind[Crossing](1, GroupTerritory),

		kind[AccessRequest](0, GroupAccess, Humanitarian, Mediator),
		kind[AccessAnswer](0, GroupAccess, CoChair, Liaison, Mediator),
		kind[Convoy](0, GroupAccess, Humanitarian, Monitor, Mediator),
		kind[Corridor](0, GroupAccess, CoChair, Mediator),
		kind[Window](0, GroupAccess, CoChair, Mediator),

		kind[Round](1, GroupTalks, Mediator),
		kind[Session](1, GroupTalks, Mediator),
		kind[TalksStatement](1, GroupTalks),
		kind[Condition](1, GroupTalks, CoChair, Mediator),
		kind[Meeting](1, GroupTalks, CoChair, Mediator),

		kind[Bulletin](1, GroupPublication, Centre),
		kind[Release](1, GroupPublication, CoChair, Mediator, Centre),
	}
}

// byKind is Kinds by name, made once and never changed.
var byKind = func() map[Kind]KindInfo {
	m := make(map[Kind]KindInfo)
	for _, row := range Kinds() {
		m[row.Kind] = row
	}
	return m
}()

// InfoOf returns the row of a kind; ok is false for a kind this release does
// not know.
func InfoOf(k Kind) (info KindInfo, ok bool) {
	info, ok = byKind[k]
	return info, ok
}

func versionOf(k Kind) (int, bool) {
	info, ok := byKind[k]
	return info.Version, ok
}

func newBody(k Kind) Body { return byKind[k].new() }
