package dev.patchscopes.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.ImmutableIntArray;
import java.util.List;
import org.junit.jupiter.api.Test;

class TokenBatchTest {

    private final TokenizedPrompt one = TokenizedPrompt.ofIds(5);
    private final TokenizedPrompt three = TokenizedPrompt.ofIds(7, 8, 9);

    @Test
    void padsOnTheLeftByDefault() {
        TokenBatch batch = TokenBatch.of(one, three);
        assertThat(batch.rows()).isEqualTo(2);
        assertThat(batch.columns()).isEqualTo(3);
        assertThat(batch.ids()).containsExactly(0, 0, 5, 7, 8, 9);
        assertThat(batch.positionIds()).containsExactly(0, 0, 0, 0, 1, 2);
        assertThat(batch.start(0)).isEqualTo(2);
        assertThat(batch.start(1)).isZero();
        assertThat(batch.column(0, 0)).isEqualTo(2);
        assertThat(batch.column(1, 2)).isEqualTo(2);
        assertThat(batch.length(0)).isEqualTo(1);
        assertThat(batch.prompt(1)).isSameAs(three);
        assertThat(batch.prompts()).containsExactly(one, three);
        assertThat(batch.isPadded()).isTrue();
        assertThat(batch).hasToString("TokenBatch[2 rows x 3 columns, lengths 1 3]");
    }

    @Test
    void padsOnTheRightOnRequest() {
        TokenBatch batch = TokenBatch.of(List.of(one, three)).paddedRight().withPadId(50);
        assertThat(batch.ids()).containsExactly(5, 50, 50, 7, 8, 9);
        assertThat(batch.positionIds()).containsExactly(0, 0, 0, 0, 1, 2);
        assertThat(batch.start(0)).isZero();
        assertThat(batch.padId()).isEqualTo(50);
        assertThat(batch.isToken(0, 0)).isTrue();
        assertThat(batch.isToken(0, 1)).isFalse();
        assertThat(batch.paddedLeft().ids()).containsExactly(50, 50, 5, 7, 8, 9);
    }

    @Test
    void equalLengthsNeedNoPadding() {
        TokenBatch batch = TokenBatch.of(three, TokenizedPrompt.ofIds(0, 0, 0));
        assertThat(batch.isPadded()).isFalse();
        assertThat(batch.isToken(1, 0)).isTrue();
        assertThat(batch).isEqualTo(batch.paddedRight()).hasSameHashCodeAs(batch.paddedRight());
    }

    @Test
    void takesOverAGivenLayout() {
        int[][] ids = {{9, 1, 2, 9}, {3, 4, 5, 6}};
        int[][] mask = {{0, 1, 1, 0}, {1, 1, 1, 1}};
        TokenBatch batch = TokenBatch.ofPadded(ids, mask);
        assertThat(batch.start(0)).isEqualTo(1);
        assertThat(batch.length(0)).isEqualTo(2);
        assertThat(batch.prompt(0).ids()).isEqualTo(ImmutableIntArray.of(1, 2));
        assertThat(batch.ids()).containsExactly(0, 1, 2, 0, 3, 4, 5, 6);
        assertThat(batch.positionIds()).containsExactly(0, 0, 1, 0, 0, 1, 2, 3);
        assertThat(batch.paddedLeft().ids()).containsExactly(0, 0, 1, 2, 3, 4, 5, 6);
        assertThat(batch.paddedRight().ids()).containsExactly(1, 2, 0, 0, 3, 4, 5, 6);
    }

    @Test
    void givenPositionIdsStayWithTheirTokens() {
        TokenBatch batch =
                TokenBatch.ofPadded(
                        new int[][] {{0, 1, 2}, {3, 4, 5}},
                        new int[][] {{0, 1, 1}, {1, 1, 1}},
                        new int[][] {{-1, 20, 21}, {7, 8, 9}});
        assertThat(batch.positionIds()).containsExactly(0, 20, 21, 7, 8, 9);
        assertThat(batch.positionId(0, 2)).isEqualTo(21);
        assertThat(batch.positionId(0, 0)).isZero();
        assertThat(batch.paddedRight().positionIds()).containsExactly(20, 21, 0, 7, 8, 9);
    }

    @Test
    void aGivenLayoutWiderThanItsRowsKeepsItsColumns() {
        TokenBatch batch = TokenBatch.ofPadded(new int[][] {{0, 1, 0}}, new int[][] {{0, 1, 0}});
        assertThat(batch.columns()).isEqualTo(3);
        assertThat(batch.isPadded()).isTrue();
        assertThat(batch.paddedLeft().columns()).isEqualTo(1);
    }

    @Test
    void selectsRowsWithoutMovingColumns() {
        TokenBatch batch = TokenBatch.of(one, three).select(0, 0);
        assertThat(batch.ids()).containsExactly(0, 0, 5, 0, 0, 5);
    }

    @Test
    void arraysAreCopies() {
        TokenBatch batch = TokenBatch.of(three);
        batch.ids()[0] = 99;
        batch.positionIds()[1] = 99;
        assertThat(batch.ids()).containsExactly(7, 8, 9);
        assertThat(batch.positionIds()).containsExactly(0, 1, 2);
    }

    @Test
    void refusesMasksItCannotMean() {
        int[][] ids = {{1, 2, 3, 4}};
        assertThatThrownBy(() -> TokenBatch.ofPadded(ids, new int[][] {{1, 0, 1, 1}}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "row 0 of the mask has a gap: ones at columns 0..0 and again at 2; a row's"
                                + " tokens must be one unbroken run");
        assertThatThrownBy(() -> TokenBatch.ofPadded(ids, new int[][] {{1, 2, 1, 1}}))
                .hasMessage("mask entry 2 of row 0, column 1 is neither 0 nor 1");
        assertThatThrownBy(() -> TokenBatch.ofPadded(ids, new int[][] {{0, 0, 0, 0}}))
                .isInstanceOf(EmptyPromptException.class)
                .hasMessage("Row 0 of the mask has no 1, so it has no token. Leave the row out.");
        assertThatThrownBy(() -> TokenBatch.ofPadded(ids, new int[][] {{1, 1, 1}}))
                .hasMessage("row 0 of the mask has 3 columns, expected 4 as in row 0 of the ids");
        assertThatThrownBy(() -> TokenBatch.ofPadded(ids, new int[0][]))
                .hasMessage("the mask array has 0 rows, ids have 1");
        assertThatThrownBy(
                        () ->
                                TokenBatch.ofPadded(
                                        ids,
                                        new int[][] {{1, 1, 1, 1}},
                                        new int[][] {{0, 1, -2, 3}}))
                .hasMessage("position id -2 of row 0, column 2 is negative");
    }

    @Test
    void refusesNoPromptsAndStrayIndices() {
        assertThatThrownBy(() -> TokenBatch.of())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a batch needs at least one prompt, and there is none");
        TokenBatch batch = TokenBatch.of(one, three);
        assertThatThrownBy(() -> batch.column(0, 1))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessage("token 1 is not in 0..0, the tokens of row 0");
        assertThatThrownBy(() -> batch.prompt(2)).hasMessage("row 2 is not in 0..1");
        assertThatThrownBy(() -> batch.positionId(0, 3))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void promptsNeedATokenWithAnId() {
        assertThatThrownBy(() -> TokenizedPrompt.ofIds())
                .isInstanceOf(EmptyPromptException.class)
                .hasMessageContaining("at least one token");
        assertThatThrownBy(() -> TokenizedPrompt.ofIds(3, -1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("token id -1 at index 1 is negative");
        assertThat(TokenizedPrompt.ofIds(17, 3)).hasToString("\"#17\"·\"#3\"");
        assertThat(Fixtures.eiffel())
                .hasToString("\"The\"·\" E\"·\"iff\"·\"el\"·\" Tower\"·\" is\"·\" in\"");
    }
}
