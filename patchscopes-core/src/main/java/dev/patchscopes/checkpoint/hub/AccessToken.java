package dev.patchscopes.checkpoint.hub;

import static com.google.common.base.Preconditions.checkArgument;

/** What proves to the hub who asks; never shown. */
record AccessToken(String value) {

    AccessToken {
        checkArgument(
                !value.isEmpty() && value.chars().allMatch(c -> c > ' ' && c < 0x7f),
                "the access token of the hub is empty or has characters other than visible ASCII;"
                        + " copy it again from the hub's settings into HF_TOKEN or the token file");
    }

    String header() {
        return "Bearer " + value;
    }

    @Override
    public String toString() {
        return "AccessToken[hidden]";
    }
}
