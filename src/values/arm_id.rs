//! What stands in the path of an ARM id: `/subscriptions/{s}/resourceGroups/{g}/providers/…`. Case does not matter in it.

/// What follows the segment `name`: the name of the resource of that type.
pub(crate) fn named<'a>(id: &'a str, name: &str) -> Option<&'a str> {
    id.split('/').skip_while(|segment| !segment.eq_ignore_ascii_case(name)).nth(1)
}

/// The name of the resource group that the id is of, is in, or tells of (what is left of a deleted account).
pub(crate) fn group_in(id: &str) -> Option<&str> {
    named(id, "resourceGroups")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_of_an_id_is_found_whatever_its_case_and_wherever_it_stands() {
        for id in [
            "/subscriptions/s/resourceGroups/Lab",
            "/subscriptions/s/resourcegroups/Lab/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i",
            "/subscriptions/s/providers/Microsoft.CognitiveServices/locations/l/RESOURCEGROUPS/Lab/deletedAccounts/a",
        ] {
            assert_eq!(group_in(id), Some("Lab"), "{id}");
        }
        for id in ["/subscriptions/s", "/subscriptions/s/resourceGroups", ""] {
            assert_eq!(group_in(id), None, "{id}");
        }
    }
}
