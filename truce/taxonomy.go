package truce

// Node is one word of the published taxonomy: its name and its parent's, ""
// at a root.
type Node struct {
	Name   string
	Parent string
	Kind   NodeKind
}

// NodeKind says which of the taxonomy's three trees a node belongs to.
type NodeKind string

// The trees of the taxonomy.
const (
	Acts    NodeKind = "act"
	Weapons NodeKind = "weapon"
	Objects NodeKind = "object"
)

// Taxonomy returns the published tree of act types, weapon classes and target
// objects, parents before children. Terms list its names; what a term says of
// a node it says of all below it.
func Taxonomy() []Node {
	return []Node{
		// acts of force
		{"violence", "", Acts},
		{"violence_unspecified", "violence", Acts},
		{"attack", "violence", Acts},
		{"shelling", "attack", Acts},
		{"missile_attack", "shelling", Acts},
		{"air_strike", "attack", Acts},
		{"ground_attack", "attack", Acts},
		{"clash", "attack", Acts},
		{"bombing", "attack", Acts},
		{"chemical_attack", "attack", Acts},
		{"shoot_down", "attack", Acts},
		{"gunfire", "attack", Acts},
		{"killing", "violence", Acts},
		{"casualties_unspecified", "violence", Acts},
		{"abduction", "violence", Acts},
		{"territory_gained", "violence", Acts},
		{"territory_lost", "violence", Acts},
		{"conflict_outbreak", "violence", Acts},
		{"arrest", "", Acts},
		{"troop_movement", "", Acts},
		{"military_support", "", Acts},
		{"coup_attempt", "", Acts},
		{"live_fire_training", "", Acts},
		{"observed_explosion", "", Acts},
		// aid
		{"aid", "", Acts},
		{"aid_access", "aid", Acts},
		{"aid_delivery", "aid", Acts},
		{"aid_blocked", "aid", Acts},
		{"aid_diverted", "aid", Acts},
		{"humanitarian_warning", "aid", Acts},
		// the truce itself
		{"truce", "", Acts},
		{"truce_brokered", "truce", Acts},
		{"truce_agreed", "truce", Acts},
		{"truce_in_force", "truce", Acts},
		{"truce_commitment", "truce", Acts},
		{"truce_acceptance", "truce", Acts},
		{"truce_rejection", "truce", Acts},
		{"truce_violation", "truce", Acts},
		{"truce_faltering", "truce", Acts},
		{"truce_collapse", "truce", Acts},
		{"truce_compliance", "truce", Acts},
		{"truce_expired", "truce", Acts},
		{"truce_restore", "truce", Acts},
		{"truce_extension", "truce", Acts},
		{"truce_consolidation", "truce", Acts},
		{"truce_exclusion", "truce", Acts},
		{"restraint", "truce", Acts},
		{"monitor_access_denied", "truce", Acts},
		{"joint_centre", "truce", Acts},
		// talks
		{"talks", "", Acts},
		{"talks_begun", "talks", Acts},
		{"talks_held", "talks", Acts},
		{"talks_halted", "talks", Acts},
		{"talks_collapse", "talks", Acts},
		{"talks_walkout", "talks", Acts},
		{"talks_resumption", "talks", Acts},
		{"talks_planned", "talks", Acts},
		{"talks_success", "talks", Acts},
		{"meeting_held", "talks", Acts},
		{"meeting_planned", "talks", Acts},
		{"visit_planned", "talks", Acts},
		// borders and territory
		{"territory", "", Acts},
		{"border_closure", "territory", Acts},
		{"territory_divided", "territory", Acts},
		{"territory_held", "territory", Acts},
		// speech
		{"speech", "", Acts},
		{"praise", "speech", Acts},
		{"condemn", "speech", Acts},
		{"concern", "speech", Acts},
		{"endorsement", "speech", Acts},
		{"pressure", "speech", Acts},
		{"political_support", "speech", Acts},
		{"threat", "speech", Acts},
		// weapons
		{"weapon", "", Weapons},
		{"indirect_fire", "weapon", Weapons},
		{"mortar", "indirect_fire", Weapons},
		{"artillery", "indirect_fire", Weapons},
		{"rocket", "indirect_fire", Weapons},
		{"mlrs", "rocket", Weapons},
		{"missile", "rocket", Weapons},
		{"improvised_rocket", "rocket", Weapons},
		{"shell", "indirect_fire", Weapons},
		{"tank", "weapon", Weapons},
		{"atgm", "weapon", Weapons},
		{"recoilless_gun", "weapon", Weapons},
		{"air_delivered", "weapon", Weapons},
		{"aircraft", "air_delivered", Weapons},
		{"helicopter", "air_delivered", Weapons},
		{"drone", "air_delivered", Weapons},
		{"barrel_bomb", "air_delivered", Weapons},
		{"cluster_munition", "weapon", Weapons},
		{"chemical", "weapon", Weapons},
		{"chlorine", "chemical", Weapons},
		{"explosive_device", "weapon", Weapons},
		{"mine", "explosive_device", Weapons},
		{"car_bomb", "explosive_device", Weapons},
		{"suicide_bomb", "explosive_device", Weapons},
		{"small_arms", "weapon", Weapons},
		{"machine_gun", "small_arms", Weapons},
		{"sniper", "small_arms", Weapons},
		{"grenade", "small_arms", Weapons},
		{"incendiary", "weapon", Weapons},
		// what was hit
		{"protected", "", Objects},
		{"hospital", "protected", Objects},
		{"clinic", "hospital", Objects},
		{"school", "protected", Objects},
		{"place_of_worship", "protected", Objects},
		{"camp", "protected", Objects},
		{"rescue_service", "protected", Objects},
		{"aid_convoy", "protected", Objects},
		{"civilian", "", Objects},
		{"market", "civilian", Objects},
		{"housing", "civilian", Objects},
		{"vehicle", "civilian", Objects},
		{"bus_station", "civilian", Objects},
		{"prison", "civilian", Objects},
		{"infrastructure", "civilian", Objects},
		{"military", "", Objects},
		{"position", "military", Objects},
		{"checkpoint", "military", Objects},
		{"airfield", "military", Objects},
	}
}

// Tree answers questions of ancestry about the taxonomy. Make it once with
// NewTree; it may be shared.
type Tree struct{ parent map[string]string }

// taxonomy is the published tree, made once and never changed.
var taxonomy = NewTree(Taxonomy())

// NewTree returns the tree over nodes.
func NewTree(nodes []Node) Tree {
	t := Tree{make(map[string]string, len(nodes))}
	for _, n := range nodes {
		t.parent[n.Name] = n.Parent
	}
	return t
}

// Has reports whether the tree knows a name.
func (t Tree) Has(name string) bool { _, ok := t.parent[name]; return ok }

// Is reports whether name is ancestor or lies below it.
func (t Tree) Is(name, ancestor string) bool {
	for range len(t.parent) + 1 {
		if name == ancestor {
			return name != ""
		}
		up, ok := t.parent[name]
		if !ok || up == "" {
			return false
		}
		name = up
	}
	return false
}

// Steps returns how many steps up from each of a and b their lowest common
// ancestor lies, the larger of the two; -1 if they share none.
func (t Tree) Steps(a, b string) int {
	up := 0
	for x := a; x != ""; x = t.parent[x] {
		down := 0
		for y := b; y != ""; y = t.parent[y] {
			if x == y {
				return max(up, down)
			}
			down++
		}
		up++
		if up > len(t.parent) {
			break
		}
	}
	return -1
}
